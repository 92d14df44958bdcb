// The page: it starts the audio thread at the first touch, hands on what is played, and shows what comes back. All
// other files stand before this one; WORKLET is in the page's element "worklet", the model in "model".

const $ = (id) => document.getElementById(id);
const model = unpack(JSON.parse($("model").textContent));
const { config, statistics } = model;
const ranges = { pitch: pitchRange(statistics), loudness: loudnessRange(statistics) };
const middleDb = ranges.loudness[0] + 0.75 * (ranges.loudness[1] - ranges.loudness[0]);
const say = (sentence) => { $("said").textContent = sentence; };

let audio = null; // {context, node, analyser}, or the promise of it
let latest = null; // what the audio thread said last
let source = "hands";
let microphone = null; // {stream, node} while it listens
let wishes = 0; // how often something else was asked for: who has waited looks whether it still is the last wish
const place = { midi: (ranges.pitch[0] + ranges.pitch[1]) / 2, db: middleDb };

/** The audio thread, started once. Throws an Error with a sentence where the browser refuses. */
function start() {
  audio ??= (async () => {
    if (!window.AudioWorkletNode) throw new Error("This browser has no AudioWorklet: take a newer one.");
    let context;
    try {
      context = new AudioContext({ sampleRate: config.sample_rate, latencyHint: "interactive" });
    } catch {
      throw new Error(`This browser does not play at ${config.sample_rate} Hz, for which the instrument was trained.`);
    }
    // An address of the kind data: — a page opened from disk may load no other module.
    const code = $("sound").textContent + $("worklet").textContent;
    try {
      await context.audioWorklet.addModule(`data:text/javascript;charset=utf-8,${encodeURIComponent(code)}`);
    } catch (error) {
      context.close();
      throw error;
    }
    const node = new AudioWorkletNode(context, "ddsp-instrument",
      { numberOfInputs: 1, outputChannelCount: [1], processorOptions: { model }, channelCount: 1,
        channelCountMode: "explicit" });
    const analyser = new AnalyserNode(context, { fftSize: 2048, smoothingTimeConstant: 0.6 });
    node.connect(analyser).connect(context.destination);
    node.port.onmessage = ({ data }) => {
      if (data.ended) stop("The recording has ended.");
      else latest = data;
    };
    node.onprocessorerror = () => say("The audio thread has stopped: load the page again.");
    node.port.postMessage({ gains: gains() });
    const delay = 1000 * ((2 * config.hop_size) / config.sample_rate + context.baseLatency + (context.outputLatency || 0));
    $("latency").textContent = `${Math.round(delay)} ms from the hand to the sound.`;
    return { context, node, analyser };
  })();
  return audio;
}

/** Do something with the audio thread; where that fails, its sentence is on the page. */
async function withSound(act) {
  try {
    const sound = await start();
    sound.context.resume(); // not waited for: until the page is touched, a browser may hold all sound back
    return await act(sound);
  } catch (error) {
    say(error.message);
    if (!(await Promise.resolve(audio).catch(() => null))) audio = null; // the next touch tries again
    return null;
  }
}

const gains = () => Object.fromEntries(["harmonic", "noise", "room"].map((part) => [part, Number($(part).value)]));
const send = (message) => withSound(({ node }) => node.port.postMessage(message));

/** Back to the hands: a recording and the microphone stop. */
function stop(sentence = "") {
  wishes++;
  if (source !== "hands") say(sentence);
  source = "hands";
  microphone?.stream.getTracks().forEach((track) => track.stop());
  microphone?.node.disconnect();
  microphone = null;
  $("microphone").setAttribute("aria-pressed", "false");
  $("stop").disabled = true;
  send({ source: "hands" });
}

async function begun(from, sentence) {
  source = from;
  $("stop").disabled = false;
  const { context } = await audio;
  say(context.state === "running" ? sentence : `${sentence} Click on the page to hear it.`);
}
for (const touch of ["pointerup", "keydown"]) {
  addEventListener(touch, () => audio?.then(({ context }) => context.resume(), () => {}));
}

const held = new Held((note) => {
  if (source !== "hands") stop();
  if (note) Object.assign(place, note);
  send({ aim: { f0_hz: hzOf(place.midi), loudness_db: place.db, gate: note ? 1 : 0 } });
  draw();
});
playPad($("pad"), held, ranges, (at) => { Object.assign(place, at); draw(); });
let lowestKey = 12 * Math.round((ranges.pitch[0] + ranges.pitch[1]) / 24 - 1);
playKeys(held, () => lowestKey, () => between(place.db, ...ranges.loudness));
const showOctave = () => { $("octave").textContent = `from ${nameOf(lowestKey)}`; };
for (const [id, step] of [["lower", -12], ["higher", 12]]) {
  $(id).addEventListener("click", () => {
    lowestKey = between(lowestKey + step, 12, 96);
    showOctave();
  });
}

for (const part of ["harmonic", "noise", "room"]) {
  $(part).addEventListener("input", () => {
    const gain = Number($(part).value);
    $(`${part}-db`).textContent = gain ? `${(20 * Math.log10(gain)).toFixed(1)} dB`.replace("-", "−") : "off";
    if (audio) send({ gains: gains() });
  });
}

/** A recording: analysed as a whole, then played. */
async function playFile(file) {
  stop();
  const wish = wishes;
  await withSound(async ({ context, node }) => {
    say(`Listening to ${file.name} …`);
    let sound;
    try {
      sound = await context.decodeAudioData(await file.arrayBuffer());
    } catch {
      throw new Error(`${file.name} is not a sound that this browser can read.`);
    }
    const samples = new Float32Array(sound.length); // the mean of its channels, already at the model's rate
    for (let channel = 0; channel < sound.numberOfChannels; channel++) {
      const data = sound.getChannelData(channel);
      for (let n = 0; n < samples.length; n++) samples[n] += data[n] / sound.numberOfChannels;
    }
    const melody = await melodyOf(samples, model, (share) => {
      if (wish === wishes) say(`Listening to ${file.name}, ${Math.round(100 * share)} % …`);
    });
    if (wish !== wishes) return;
    node.port.postMessage({ melody });
    const shift = melody.octaves ? `, moved ${Math.abs(melody.octaves)} octave${Math.abs(melody.octaves) > 1 ? "s" : ""} ` +
      (melody.octaves > 0 ? "up" : "down") : "";
    await begun("melody", `Plays ${file.name}${shift}.`);
  });
}

async function listen() {
  if (microphone) return stop("The microphone is off.");
  stop();
  const wish = wishes;
  return withSound(async ({ context, node }) => {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia(
        { audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
    } catch {
      throw new Error("The browser gives this page no microphone.");
    }
    if (wish !== wishes) {
      stream.getTracks().forEach((track) => track.stop());
      return;
    }
    try {
      microphone = { stream, node: context.createMediaStreamSource(stream) };
    } catch {
      stream.getTracks().forEach((track) => track.stop());
      throw new Error(`This browser cannot bring the microphone to ${config.sample_rate} Hz: record it, and drop the file here.`);
    }
    microphone.node.connect(node);
    node.port.postMessage({ source: "microphone" });
    $("microphone").setAttribute("aria-pressed", "true");
    await begun("microphone", "Sing, whistle or play: the microphone is on. Headphones keep the instrument out of it.");
  });
}

$("microphone").addEventListener("click", listen);
$("stop").addEventListener("click", () => stop("Stopped."));
$("file").addEventListener("change", ({ target }) => {
  if (target.files[0]) playFile(target.files[0]);
  target.value = "";
});
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files[0]) playFile(event.dataTransfer.files[0]);
});
$("midi").hidden = !navigator.requestMIDIAccess;
$("midi").addEventListener("click", () => {
  start().catch(() => {});
  playMidi(held, ranges.loudness, say);
});

/** All pictures, as things are now. */
function draw() {
  const sounding = latest && latest.gate > 0.01;
  const now = sounding && source !== "hands" ?
    { midi: midiOf(latest.controls.f0_hz), db: latest.controls.loudness_db } : place;
  drawPad($("pad"), ranges, { ...now, sounds: sounding });
  $("now").textContent = `${pitchInWords(hzOf(now.midi))}, ${now.db.toFixed(0).replace("-", "−")} dB`;
  drawSpectrum($("spectrum"), spectrum, config.sample_rate);
  drawHarmonics($("distribution"), latest?.controls.distribution, config.n_harmonics);
  drawNoise($("magnitudes"), latest?.controls.noise, config.n_bands, config.sample_rate);
}

let spectrum = null;
let drawn = null;
/** Once for every picture of the screen, while there is news. */
function watch() {
  if (latest !== drawn) {
    drawn = latest;
    audio.then(({ analyser }) => {
      spectrum ??= new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(spectrum);
      draw();
    });
  }
  requestAnimationFrame(watch);
}

new ResizeObserver(draw).observe($("pad"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
showOctave();
draw();
watch();

/** For tests, and for whoever wants to script it. */
window.instrument = { model, start, held, place, state: () => ({ source, latest, said: $("said").textContent }) };
