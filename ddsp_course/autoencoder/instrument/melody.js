// A recording's melody, brought to where the instrument can play it: as autoencoder.transfer does, in its order.
// pitch.js stands before this file.

const LONGEST_S = 120; // of a recording: what is analysed lies in memory
const FRAMES_AT_ONCE = 250; // analysed before the page may breathe
const STEEPEST = 4; // dB a dB, in matching loudness

/** Stretches of a yes/no curve that have one value: [[begin, end], ...]. */
function stretches(curve, value) {
  const found = [];
  for (let begin = 0; begin < curve.length; begin++) {
    if (curve[begin] !== value) continue;
    let end = begin;
    while (end < curve.length && curve[end] === value) end++;
    found.push([begin, end]);
    begin = end;
  }
  return found;
}

/** Values at 0 %, 1 %, ..., 100 % of all. */
function quantilesOf(values) {
  const ordered = Float64Array.from(values).sort();
  return Array.from({ length: 101 }, (_, percent) => {
    const place = (percent / 100) * (ordered.length - 1);
    const below = Math.floor(place);
    return ordered[below] + (place - below) * (ordered[Math.min(below + 1, ordered.length - 1)] - ordered[below]);
  });
}

/** Where notes sound, 1 or 0 a frame: a lower bar for going on than for starting; no blips, no holes. */
function noteMask(frames, frame_rate) {
  const sure = frames.filter(({ confidence }) => confidence >= NOTE.start).map(({ loudness_db }) => loudness_db);
  const loud = sure.length ? quantilesOf(sure)[95] : 0;
  const passes = (frame, confidence, db) => frame.f0_hz > 0 && frame.confidence >= confidence &&
    frame.loudness_db >= Math.max(NOTE.quietestDb, loud + db);
  const mask = Uint8Array.from(frames, (frame) => passes(frame, NOTE.last, NOTE.lastDb));
  for (const [begin, end] of stretches(mask, 1)) {
    if (!frames.slice(begin, end).some((frame) => passes(frame, NOTE.start, NOTE.startDb))) mask.fill(0, begin, end);
  }
  for (const [begin, end] of stretches(mask, 0)) {
    const inside = begin > 0 && end < mask.length;
    if (inside && end - begin < NOTE.gapS * frame_rate) mask.fill(1, begin, end);
  }
  for (const [begin, end] of stretches(mask, 1)) {
    if (end - begin < NOTE.shortestS * frame_rate) mask.fill(0, begin, end);
  }
  return mask;
}

/** A curve whose rests hold the value of the nearest note. */
function heldThroughRests(curve, mask) {
  const held = Float64Array.from(curve);
  for (const [begin, end] of stretches(mask, 0)) {
    for (let frame = begin; frame < end; frame++) {
      const before = begin > 0 && (end >= curve.length || frame - begin < end - 1 - frame);
      held[frame] = curve[before ? begin - 1 : Math.min(end, curve.length - 1)];
    }
  }
  return held;
}

/** As loud as in training, quantile to quantile; a source that hardly changes is not blown up. */
function matchedLoudness(loudness_db, mask, statistics) {
  const trained = statistics.loudness_db_quantiles;
  const heard = quantilesOf(loudness_db.filter((_, frame) => mask[frame]));
  const climbed = [0];
  for (let i = 1; i < trained.length; i++) {
    climbed.push(climbed[i - 1] + Math.min(trained[i] - trained[i - 1], STEEPEST * (heard[i] - heard[i - 1])));
  }
  const played = climbed.map((value) => trained[50] + value - climbed[50]);
  return loudness_db.map((db) => {
    let right = heard.findIndex((knot) => knot >= db);
    if (right < 0) return played.at(-1);
    right = Math.max(1, right);
    const share = (db - heard[right - 1]) / Math.max(1e-6, heard[right] - heard[right - 1]);
    return played[right - 1] + between(share, 0, 1) * (played[right] - played[right - 1]);
  });
}

/** The median of each value and two on either side: no single frame an octave off. */
function smoothed(curve) {
  return curve.map((_, i) => {
    const near = curve.slice(Math.max(0, i - 2), i + 3).sort((a, b) => a - b);
    return near[near.length >> 1];
  });
}

/**
 * Samples at the model's rate -> {f0_hz, loudness_db, sounds}, one number a frame, for the worklet. Throws an Error with
 * a sentence where there is no melody. progress(share) is told how far it is.
 */
async function melodyOf(samples, { config, statistics }, progress) {
  const { sample_rate, hop_size } = config;
  if (samples.length > LONGEST_S * sample_rate) samples = samples.subarray(0, LONGEST_S * sample_rate);
  const tracker = new Tracker(config);
  const frames = [];
  for (let sample = 0; sample < samples.length; sample += hop_size) {
    frames.push(tracker.frameAt(samples, sample));
    if (frames.length % FRAMES_AT_ONCE === 0) {
      progress(sample / samples.length);
      await new Promise((done) => { setTimeout(done, 0); });
    }
  }
  const sounds = noteMask(frames, sample_rate / hop_size);
  if (!sounds.includes(1)) {
    throw new Error("No steady pitch was found in it: give it a melody of one voice or one instrument.");
  }
  // A gap of a few frames in a note sounds on, and has no pitch of its own: the note's is held through it.
  const found = Uint8Array.from(frames, ({ f0_hz }) => (f0_hz > 0 ? 1 : 0));
  const f0 = heldThroughRests(smoothed(heldThroughRests(frames.map(({ f0_hz }) => f0_hz), found)), sounds);
  const pitches = [...f0].filter((_, frame) => sounds[frame]).sort((a, b) => a - b);
  const octaves = octavesInto(pitchRange(statistics), midiOf(pitches[pitches.length >> 1]));
  const matched = matchedLoudness(frames.map(({ loudness_db }) => loudness_db), sounds, statistics);
  const loudness_db = Float64Array.from(matched, (db, frame) => (sounds[frame] ? db : statistics.rest_loudness_db));
  return { f0_hz: f0.map((hz) => hz * 2 ** octaves), loudness_db, sounds, octaves };
}
