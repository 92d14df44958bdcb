// Pitch and loudness of a sound, frame by frame: McLeod and Wyvill 2005 ("A smarter way to find pitch"), and the
// A-weighted level of dsp.loudness_db. convolution.js stands before this file.

const LOWEST_HZ = 60;
const HIGHEST_HZ = 1500;
const FIRST_PEAK = 0.9; // of the highest: the first peak that reaches so far is the period, later ones its multiples
const SILENT_DB = -80;
const NOTE = { start: 0.85, last: 0.7, startDb: -30, lastDb: -40, quietestDb: -60, shortestS: 0.06, gapS: 0.04 };

/** How much the ear makes of a frequency, as a factor on power: dsp.a_weighting. */
function aWeighting(hz) {
  const square = hz * hz;
  const response = (12194.217 ** 2 * square ** 2) / ((square + 20.598997 ** 2) *
    Math.sqrt((square + 107.65265 ** 2) * (square + 737.86223 ** 2)) * (square + 12194.217 ** 2));
  return response ** 2 * 10 ** 0.2;
}

/** Where a parabola through three values has its top. */
function topOf(curve, middle) {
  const [left, here, right] = [curve[middle - 1], curve[middle], curve[middle + 1]];
  const bend = left - 2 * here + right;
  return middle + (bend < 0 ? (left - right) / (2 * bend) : 0);
}

/** frameAt(samples, centre) -> {f0_hz, confidence, loudness_db} of the sound about a sample; beyond its ends is 0. */
class Tracker {
  constructor({ sample_rate, hop_size }) {
    [this.rate, this.hop] = [sample_rate, hop_size];
    this.longest = Math.ceil(sample_rate / LOWEST_HZ);
    const size = 2 ** Math.ceil(Math.log2(0.06 * sample_rate)); // 64 ms at 16 kHz
    this.span = size - this.longest; // so much is looked at, and no lag wraps round
    this.fft = new Fft(size);
    [this.re, this.im] = [new Float64Array(size), new Float64Array(size)];
    this.likeness = new Float64Array(this.longest + 1);
    const ms32 = Math.max(8, Math.floor((512 * Math.round(sample_rate / 1000)) / 16));
    this.window = Float64Array.from({ length: ms32 }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / ms32));
    // At 16 kHz the window is as long as its transform; at other rates zeros fill it up, and the mean is the same.
    this.level = new Fft(2 ** Math.ceil(Math.log2(ms32)));
    const bins = this.level.size / 2 + 1;
    this.weights = Float64Array.from({ length: bins }, (_, k) => aWeighting((k * sample_rate) / this.level.size) / bins);
    [this.levelRe, this.levelIm] = [new Float64Array(this.level.size), new Float64Array(this.level.size)];
    this.heard = new Float64Array(this.span); // live: what was heard last
    this.fresh = 0;
  }

  /** Live: one more sample; a frame whenever a hop is full, of the sound half a span ago, else null. */
  hear(sample) {
    const { heard, hop } = this;
    if (this.fresh === 0) heard.copyWithin(0, hop);
    heard[heard.length - hop + this.fresh] = sample;
    this.fresh = (this.fresh + 1) % hop;
    return this.fresh === 0 ? this.frameAt(heard, heard.length >> 1) : null;
  }

  frameAt(samples, centre) {
    return { ...this.pitchAt(samples, centre), loudness_db: this.loudnessAt(samples, centre) };
  }

  loudnessAt(samples, centre) {
    const { window, level, levelRe: re, levelIm: im, weights } = this;
    re.fill(0);
    im.fill(0);
    const begin = centre - (window.length >> 1);
    for (let n = 0; n < window.length; n++) re[n] = window[n] * (samples[begin + n] ?? 0);
    level.run(re, im);
    let power = 0;
    for (let bin = 0; bin < weights.length; bin++) power += (re[bin] ** 2 + im[bin] ** 2) * weights[bin];
    return Math.max(SILENT_DB, 10 * Math.log10(power + 1e-30));
  }

  pitchAt(samples, centre) {
    const { re, im, span, longest, likeness, fft } = this;
    const begin = centre - (span >> 1);
    re.fill(0);
    im.fill(0);
    let mean = 0;
    for (let n = 0; n < span; n++) mean += re[n] = samples[begin + n] ?? 0;
    mean /= span;
    let both = 0; // energy of the two stretches that a lag lays over each other
    for (let n = 0; n < span; n++) both += 2 * (re[n] -= mean) ** 2;
    if (both < 1e-9) return { f0_hz: 0, confidence: 0 };
    const squares = Float64Array.from(re.subarray(0, span), (value) => value * value);
    fft.run(re, im);
    for (let bin = 0; bin < fft.size; bin++) {
      re[bin] = re[bin] ** 2 + im[bin] ** 2;
      im[bin] = 0;
    }
    fft.run(re, im); // of an even spectrum: forwards is backwards
    for (let lag = 0; lag <= longest; lag++) {
      likeness[lag] = both > 1e-12 ? (2 * re[lag]) / fft.size / both : 0;
      both -= squares[lag] + squares[span - 1 - lag];
    }
    return this.periodOf(likeness);
  }

  /** The first of the high peaks, placed between samples; short periods more exactly by their second, fourth, ... */
  periodOf(likeness) {
    const shortest = Math.max(2, Math.floor(this.rate / HIGHEST_HZ));
    const peaks = [];
    let lag = 1;
    while (lag < this.longest && likeness[lag] > 0) lag++;
    for (let best = 0; lag < this.longest; lag++) {
      if (likeness[lag] <= 0) {
        if (best) peaks.push(best);
        best = 0;
      } else if (lag >= shortest && likeness[lag] >= likeness[lag - 1] && likeness[lag] > likeness[lag + 1] &&
        (!best || likeness[lag] > likeness[best])) best = lag;
      if (lag === this.longest - 1 && best) peaks.push(best);
    }
    if (!peaks.length) return { f0_hz: 0, confidence: 0 };
    const highest = Math.max(...peaks.map((peak) => likeness[peak]));
    const peak = peaks.find((each) => likeness[each] >= FIRST_PEAK * highest);
    let period = topOf(likeness, peak);
    for (let times = 2; times * period < this.longest / 2; times *= 2) {
      let near = Math.round(times * period);
      for (const each of [near - 1, near + 1]) if (likeness[each] > likeness[near]) near = each;
      const next = topOf(likeness, near) / times;
      if (Math.abs(next - period) > 1 / times) break; // the sound is not so regular
      period = next;
    }
    return { f0_hz: this.rate / period, confidence: Math.min(1, likeness[peak]) };
  }
}

const midiOf = (hz) => 69 + 12 * Math.log2(hz / 440);
const pitchRange = (statistics) => [statistics.pitch_midi_quantiles[1], statistics.pitch_midi_quantiles.at(-2)];
const loudnessRange = (statistics) => [statistics.loudness_db_quantiles[1], statistics.loudness_db_quantiles.at(-2)];

/** The fewest octaves that bring a pitch into the trained range, or as near as possible. */
function octavesInto([low, high], midi) {
  const outside = (octaves) => Math.max(low - 0.5 - midi - 12 * octaves, midi + 12 * octaves - high - 0.5, 0);
  return [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6].reduce((best, each) =>
    (outside(each) < outside(best) - 1e-9 ? each : best));
}

/** Live: what is heard, frame by frame, brought to where the instrument can play it. */
class Follower {
  constructor(statistics) {
    this.statistics = statistics;
    [this.sounds, this.loud, this.middle, this.octaves] = [false, -45, null, 0];
    [this.f0_hz, this.recent] = [null, []];
  }

  /** A frame of the tracker -> {f0_hz, loudness_db, gate}; f0_hz null before the first note. */
  follow({ f0_hz, confidence, loudness_db }, frame_rate) {
    const [sure, db] = this.sounds ? [NOTE.last, NOTE.lastDb] : [NOTE.start, NOTE.startDb];
    const sounds = f0_hz > 0 && confidence >= sure && loudness_db > Math.max(NOTE.quietestDb, this.loud + db);
    if (sounds) {
      const share = 1 / (frame_rate * (loudness_db > this.loud ? 0.3 : 10)); // heeds the loud soon, forgets them slowly
      this.loud += share * (loudness_db - this.loud);
      const midi = midiOf(f0_hz);
      this.middle = this.middle === null ? midi : this.middle + (midi - this.middle) / (2 * frame_rate);
      if (!this.sounds) {
        this.octaves = octavesInto(pitchRange(this.statistics), this.middle);
        this.recent = [];
      }
      this.recent.push(f0_hz * 2 ** this.octaves); // the median of five: a single frame an octave off is not played
      if (this.recent.length > 5) this.recent.shift();
      this.f0_hz = [...this.recent].sort((a, b) => a - b)[this.recent.length >> 1];
    }
    this.sounds = sounds;
    const [softest, loudest] = loudnessRange(this.statistics);
    // Nobody knows yet how loud it will become: what is loud so far is played rather loud, not the loudest.
    const rather = this.statistics.loudness_db_quantiles[75];
    const played = Math.min(loudest, Math.max(softest, rather + loudness_db - this.loud));
    return { f0_hz: this.f0_hz, gate: sounds ? 1 : 0,
      loudness_db: sounds ? played : this.statistics.rest_loudness_db };
  }
}
