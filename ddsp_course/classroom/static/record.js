// The recorder of listening.record. Sound goes to the kernel as the microphone gave it, at the microphone's rate, in
// pieces; the kernel resamples and keeps it, and what is listened to here is what was kept. controls.js, player.js and
// pictures.js stand before this file, in one module.

const SEND_BYTES = 2 ** 20; // Jupyter drops the connection at a message of 12 MiB
const LATE_MS = 5000;
const ASK_AGAIN_MS = 2000;
const BLOCK = 1024; // samples that the microphone's thread gathers before it tells
const TOO_LOUD = 0.99;
const LOWEST_DB = -60;
const HOLD_MS = 900; // how long the meter's mark stays at a peak
const SKIP_S = 0.5;
const LOST_S = 0.3; // less than this between two clocks is how they were read
const FILES = "audio/*,.wav,.flac,.ogg,.opus,.mp3,.m4a,.aac,.aif,.aiff,.webm,.mp4";
const TAP = `registerProcessor("ddsp-tap", class extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(${BLOCK});
    [this.filled, this.over] = [0, false];
    this.port.onmessage = () => { this.tell(); this.port.postMessage(null); this.over = true; };
  }
  tell() {
    if (this.filled) this.port.postMessage(this.block.slice(0, this.filled));
    this.filled = 0;
  }
  process([[samples]]) {
    if (this.over || !samples) return !this.over;
    if (this.filled + samples.length > this.block.length) this.tell();
    this.block.set(samples, this.filled);
    this.filled += samples.length;
    return true;
  }
});`;
const ELSEWHERE = "choose a recording from a file instead";
const REFUSALS = {
  NotAllowedError: `The microphone is not allowed here: allow it in the browser and try again, or ${ELSEWHERE}.`,
  NotFoundError: `No microphone was found: plug one in and try again, or ${ELSEWHERE}.`,
  NotReadableError: `The microphone cannot be used, perhaps because another program has it: close that, or ${ELSEWHERE}.`,
  NoDevices: `The browser gives this page no microphone (the address must begin with https, or be localhost): ${ELSEWHERE}.`,
};
Object.assign(ICONS, {
  record: '<circle cx="8" cy="8" r="5.5"/>',
  stop: '<path d="M3 3h10v10H3z"/>',
  file: '<path d="M2 3h4.5L8 4.8h6V13H2zm1.6 3.2v5.2h8.8V6.2z"/>',
});

/** A node that hands on what it hears, block by block, as float32 and in mono. */
async function tapOn(context, hear) {
  const url = URL.createObjectURL(new Blob([TAP], { type: "text/javascript" }));
  try {
    await context.audioWorklet.addModule(url);
  } finally {
    URL.revokeObjectURL(url);
  }
  const tap = new AudioWorkletNode(context, "ddsp-tap",
    { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit", channelInterpretation: "speakers" });
  let emptied = () => {};
  tap.port.onmessage = ({ data }) => (data ? hear(data) : emptied());
  /** Also the samples that have not filled a block; where its thread is gone already, do not wait for them. */
  tap.empty = () => new Promise((done) => {
    emptied = done;
    setTimeout(done, 500);
    tap.port.postMessage("the rest");
  });
  return tap;
}

/** A WAV file of float32 samples, for a take that did not reach the kernel. */
function wavOf(rate, samples) {
  const header = new DataView(new ArrayBuffer(44));
  const words = [[0, "RIFF"], [8, "WAVE"], [12, "fmt "], [36, "data"]];
  for (const [at, word] of words) for (let i = 0; i < 4; i++) header.setUint8(at + i, word.charCodeAt(i));
  for (const [at, number] of [[4, 36 + samples.size], [16, 16], [24, rate], [28, 4 * rate], [40, samples.size]]) {
    header.setUint32(at, number, true);
  }
  for (const [at, number] of [[20, 3], [22, 1], [32, 4], [34, 32]]) header.setUint16(at, number, true);
  return new Blob([header, samples], { type: "audio/wav" });
}

const dbOf = (level) => Math.max(LOWEST_DB, 20 * Math.log10(level || 1e-9));

function render({ model, el }) {
  const name = model.get("name");
  const sampleRate = model.get("sample_rate");
  const most = model.get("most_seconds");

  let phase = "idle"; // asking: for the microphone; recording; stopping; sending: until the kernel has answered
  let gone = false; // the cell was run again, or its output cleared
  let [microphone, tape, parcel] = [null, null, null];
  let [sound, arriving] = [null, []];
  let place = 0; // of listening, in seconds
  let [problem, remark] = ["", ""];

  // What there is to see

  const recordButton = make("button", { type: "button", class: "ddsp-play ddsp-record", "aria-keyshortcuts": "R" });
  const fileButton = make("button", { type: "button" }, "Choose a file");
  fileButton.insertAdjacentHTML("afterbegin", icon("file"));
  const fileInput = make("input", { type: "file", accept: FILES, tabindex: "-1", hidden: "" });
  const bar = make("span", { class: "ddsp-bar" });
  const mark = make("span", { class: "ddsp-mark" });
  const meter = make("div", { class: "ddsp-meter", role: "meter", "aria-label": "Input level",
    "aria-valuemin": LOWEST_DB, "aria-valuemax": "0" }, bar, mark);
  const level = make("span", { class: "ddsp-db", "aria-hidden": "true" });
  const recorded = make("span", { class: "ddsp-clock", role: "timer", "aria-label": "Recorded", "aria-live": "off" });
  const alarm = make("p", { class: "ddsp-note ddsp-alarm", role: "alert" });
  const againButton = make("button", { type: "button" }, "Send again");
  const saveButton = make("button", { type: "button" }, "Save as a file");
  const rescue = make("div", { class: "ddsp-row ddsp-rescue" }, againButton, saveButton);
  const status = make("span", { class: "ddsp-status", role: "status", "aria-live": "polite" });
  const label = make("p", { class: "ddsp-source" });
  const note = make("p", { class: "ddsp-note", role: "note" });
  const playButton = make("button", { type: "button", class: "ddsp-listen", "aria-keyshortcuts": "Space" });
  const clock = make("span", { class: "ddsp-clock", role: "timer", "aria-live": "off" });
  const picture = make("canvas", { role: "img" });
  const overlay = make("canvas", { "aria-hidden": "true" });
  picture.style.height = overlay.style.height = `${HEIGHT}px`;
  const slider = make("div", { class: "ddsp-slider", role: "slider", tabindex: "0", "aria-label": "Position",
    "aria-valuemin": "0" }, overlay);
  const keys = make("details", { class: "ddsp-keys" }, make("summary", {}, "Keys"));
  keys.insertAdjacentHTML("beforeend", `<dl>
    <dt>R</dt><dd>record, stop</dd>
    <dt>Space</dt><dd>on the picture: play, pause</dd>
    <dt>← →</dt><dd>on the picture: half a second back, forth</dd>
    <dt>Home, End</dt><dd>on the picture: to the beginning, to the end</dd></dl>`);
  const root = make("div", { class: "ddsp-widget ddsp-recorder", role: "group", "aria-label": `Record: ${name}` },
    make("div", { class: "ddsp-row" }, recordButton, fileButton, fileInput,
      make("div", { class: "ddsp-input" }, meter, level), recorded),
    alarm, rescue, label, note,
    make("div", { class: "ddsp-pictures" }, picture, slider),
    make("div", { class: "ddsp-row" }, playButton, clock, status, keys));

  const say = (text) => { status.textContent = text; };

  // Recording

  async function start() {
    if (phase !== "idle" || gone) return;
    pause();
    window.dispatchEvent(new CustomEvent(PLAYS, { detail: root })); // what plays would be recorded as well
    [phase, problem] = ["asking", ""];
    show("Asking for the microphone.");
    const opened = {};
    try {
      if (!navigator.mediaDevices?.getUserMedia) throw Object.assign(new Error(), { name: "NoDevices" });
      opened.stream = await navigator.mediaDevices.getUserMedia({ audio: {
        channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
      opened.context = new AudioContext(); // at the machine's own rate: the kernel resamples better than browsers do
      opened.tap = await tapOn(opened.context, hear);
      await opened.context.resume();
      opened.context.createMediaStreamSource(opened.stream).connect(opened.tap);
    } catch (error) {
      close(opened);
      [phase, problem] = ["idle", REFUSALS[error.name] ?? `The microphone fails (${error.name}): ${ELSEWHERE}.`];
      show(" ");
      if (root.contains(document.activeElement) || document.activeElement === document.body) fileButton.focus();
      return;
    }
    if (gone) return close(opened);
    microphone = opened;
    const [track] = opened.stream.getAudioTracks();
    track.onended = () => finish("The microphone went away in the middle of it.");
    opened.context.onstatechange = () => {
      if (opened.context.state !== "running") finish("The browser stopped listening in the middle of it.");
    };
    const { echoCancellation, noiseSuppression, autoGainControl } = track.getSettings();
    const stays = Object.entries({ "echo cancellation": echoCancellation, "noise suppression": noiseSuppression,
      "automatic gain": autoGainControl }).filter(([, on]) => on).map(([what]) => what);
    begin(opened.context.sampleRate, stays.length ? `The browser did not switch off its ${stays.join(" and ")}.` : "");
  }

  function begin(rate, remark = "") {
    [phase, problem] = ["recording", ""];
    tape = { rate, blocks: [], samples: 0, longest: Math.round(most * rate), began: 0, remark, loud: 0,
      peak: 0, power: 0, since: 0, held: 0, heldAt: 0 };
    show("Recording.");
    measure();
  }

  /** A block from the microphone. */
  function hear(block) {
    if ((phase !== "recording" && phase !== "stopping") || tape.samples === tape.longest) return;
    tape.began ||= performance.now() - (1000 * block.length) / tape.rate;
    block = block.subarray(0, tape.longest - tape.samples);
    tape.blocks.push(block);
    tape.samples += block.length;
    for (const sample of block) {
      tape.peak = Math.max(tape.peak, Math.abs(sample));
      tape.power += sample * sample;
    }
    tape.since += block.length;
    if (tape.samples === tape.longest) finish(`It was stopped after ${most} s, the longest that a take may be.`);
  }

  let measuring = 0;
  function measure() {
    clearTimeout(measuring);
    if (phase !== "recording") return;
    const now = performance.now();
    if (tape.peak >= TOO_LOUD && !tape.loud) {
      tape.loud = now;
      problem = "Too loud: it clips. Go further away, or turn the microphone down.";
      showAlarm();
    }
    if (tape.since) {
      if (tape.peak >= tape.held || now - tape.heldAt > HOLD_MS) [tape.held, tape.heldAt] = [tape.peak, now];
      showLevel(dbOf(Math.sqrt(tape.power / tape.since)), dbOf(tape.peak), dbOf(tape.held));
      [tape.peak, tape.power, tape.since] = [0, 0, 0];
    }
    showRecorded();
    measuring = setTimeout(measure, 80); // no animation frame: a page in the background must go on
  }

  async function finish(remark = "") {
    if (phase !== "recording") return;
    phase = "stopping";
    const elapsed = tape.began ? (performance.now() - tape.began) / 1000 : 0;
    const opened = microphone;
    microphone = null;
    if (opened && !gone) await opened.tap.empty();
    close(opened);
    if (tape.loud) problem = "";
    const { rate, samples, blocks } = tape;
    const lost = Math.min(elapsed, most) - samples / rate;
    const remarks = [tape.remark, remark, opened && lost > LOST_S ? `${inSeconds(lost)} of it are missing.` : ""];
    show("Recorded.");
    if (!samples) {
      [phase, problem] = ["idle", "Nothing was recorded: the microphone gave no sound."];
      return show(" ");
    }
    deliver({ id: newId(), blob: new Blob(blocks), rate, name: "", remark: remarks.filter(Boolean).join(" ") });
  }

  function close(opened) {
    if (!opened) return;
    if (opened.context) opened.context.onstatechange = null;
    for (const track of opened.stream?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    opened.context?.close();
  }

  // Sending

  const newId = () => `${Date.now()}-${Math.random()}`;
  let late = 0;

  /** Of samples or of a file alike: an announcement, pieces in their order, an end. It stays here until it is kept. */
  async function deliver(sent) {
    [phase, parcel, problem] = ["sending", sent, ""];
    clearTimeout(late);
    show("Sending the take.");
    const { id, blob, rate, name, remark } = sent;
    const pieces = Math.ceil(blob.size / SEND_BYTES);
    try {
      model.send({ id, begin: { pieces, size: blob.size, rate, name, remark } });
      for (let piece = 0; piece < pieces; piece++) {
        const bytes = await blob.slice(piece * SEND_BYTES, (piece + 1) * SEND_BYTES).arrayBuffer();
        model.send({ id, piece }, undefined, [bytes]);
      }
      model.send({ id, end: true });
    } catch (error) {
      if (error.name === "NotReadableError" || error.name === "NotFoundError") {
        [phase, parcel, problem] = ["idle", null, `The file ${name} cannot be read: choose it again.`];
        return show(" ");
      }
      return overdue();
    }
    if (!gone && parcel === sent) late = setTimeout(overdue, LATE_MS);
  }

  function overdue() {
    if (phase !== "sending" || gone) return;
    problem = "The kernel has not answered yet. If it is busy, it will. If it was restarted, run this cell again" +
      (parcel.rate ? ", but save the take as a file before: so far it is only on this page." : ".");
    show("Waiting for the kernel.");
  }

  function answered() {
    const answer = model.get("answer");
    if (!parcel || answer.id !== parcel.id) {
      if (answer.problem && phase === "idle") [problem] = [answer.problem];
      return show();
    }
    clearTimeout(late);
    phase = "idle";
    problem = answer.problem;
    if (!problem) parcel = null;
    show(problem ? "The take is not kept." : "Kept. Run the cells below to use it.");
  }

  function send(file) {
    if (phase !== "idle" || !file) return;
    pause();
    if (!file.size) problem = `The file ${file.name} is empty.`;
    else if (file.size > model.get("most_file_bytes")) {
      problem = `The file ${file.name} has ${Math.ceil(file.size / 1e6)} MB: at most ` +
        `${model.get("most_file_bytes") / 1e6} MB can be sent.`;
    } else return deliver({ id: newId(), blob: file, rate: 0, name: file.name, remark: "" });
    show(" ");
  }

  function save() {
    const url = URL.createObjectURL(wavOf(parcel.rate, parcel.blob));
    make("a", { href: url, download: `${name}.wav` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }

  // Listening

  const duration = () => model.get("take").samples / sampleRate;
  const gain = () => 1 / Math.max(1, model.get("take").peak);
  const deck = new Deck(root, sampleRate, pause);
  const now = () => (deck.playing ? deck.position() : place);

  let asking = 0;
  function ask() {
    clearTimeout(asking);
    [sound, arriving] = [null, []];
    root.classList.add("ddsp-waiting");
    try { model.send({ want: true }); } catch { /* no kernel any more */ }
    asking = setTimeout(() => say("Waiting for the sound. If it does not come, run this cell again."), ASK_AGAIN_MS);
  }

  function arrived(message, buffers) {
    if (message.sound !== model.get("take").number) return;
    arriving[message.index] = buffers[0];
    if (arriving.filter(Boolean).length < message.pieces) return;
    clearTimeout(asking);
    const joined = new Uint8Array(arriving.reduce((sum, piece) => sum + piece.byteLength, 0));
    let at = 0;
    for (const piece of arriving) {
      joined.set(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength), at);
      at += piece.byteLength;
    }
    pause();
    [sound, arriving, place] = [curve(joined), [], 0];
    levels = null;
    root.classList.remove("ddsp-waiting");
    if (status.textContent.startsWith("Waiting for the sound")) say(" ");
    show();
  }

  function play() {
    if (!sound || phase === "recording") return;
    const player = deck.open([sound], [gain()]);
    player.onended = () => { deck.ended(); place = 0; show("At the end."); };
    player.start(place >= duration() - 1 / sampleRate ? 0 : place);
    show("Playing.");
    follow();
  }

  function pause() {
    if (!deck.playing) return;
    place = now();
    deck.stop();
    show(`Paused at ${inSeconds(place)}.`);
  }

  function go(to) {
    place = Math.max(0, Math.min(duration(), to));
    if (deck.playing) play();
    else show();
  }

  // Hands

  recordButton.onclick = () => (phase === "recording" ? finish() : start());
  fileButton.onclick = () => phase === "idle" && fileInput.click();
  fileInput.onchange = () => {
    send(fileInput.files[0]);
    fileInput.value = ""; // so that the same file can be chosen again
  };
  againButton.onclick = () => deliver(parcel);
  saveButton.onclick = save;
  playButton.onclick = () => (deck.playing ? pause() : play());
  slider.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const box = slider.getBoundingClientRect();
    const { left, width } = layout(box.width);
    go(((event.clientX - box.left - left) / width) * duration());
  });
  // On the window and on the way down, so that no key here is a shortcut of JupyterLab's as well: there "r" is one.
  const onKey = (event) => {
    if (!event.composedPath().includes(root) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && event.shiftKey) return;
    event.stopPropagation();
    const onSlider = event.target === slider;
    const answers = {
      r: () => recordButton.onclick(),
      " ": onSlider && (() => (deck.playing ? pause() : play())),
      ArrowLeft: onSlider && (() => go(now() - SKIP_S)),
      ArrowRight: onSlider && (() => go(now() + SKIP_S)),
      Home: onSlider && (() => go(0)),
      End: onSlider && (() => go(duration())),
    };
    const answer = answers[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!answer) return;
    event.preventDefault();
    if (!event.repeat || event.key.startsWith("Arrow")) answer();
  };
  window.addEventListener("keydown", onKey, true);

  // What is shown

  function show(text) {
    if (text) say(text);
    const recording = phase === "recording";
    recordButton.innerHTML = recording ? `${icon("stop")}Stop` : `${icon("record")}Record`;
    recordButton.classList.toggle("ddsp-on", recording);
    // Not `disabled`: a button that is would lose the focus, and the next key would be one of JupyterLab's.
    recordButton.setAttribute("aria-disabled", String(phase !== "idle" && !recording));
    fileButton.setAttribute("aria-disabled", String(phase !== "idle"));
    againButton.hidden = !parcel || !problem;
    saveButton.hidden = !parcel?.rate || !problem;
    rescue.hidden = againButton.hidden && saveButton.hidden;
    const take = model.get("take");
    playButton.innerHTML = deck.playing ? `${icon("pause")}Pause` : `${icon("play")}Listen`;
    playButton.disabled = !sound || recording;
    const source = take.source.charAt(0).toUpperCase() + take.source.slice(1);
    label.textContent = `${source}. ${inSeconds(duration())}, peak ${inDb(take.peak)}.` +
      (take.own ? "" : " It stands in until you record one.");
    note.hidden = !take.remark;
    note.textContent = take.remark;
    slider.setAttribute("aria-valuemax", duration().toFixed(2));
    slider.setAttribute("aria-valuenow", now().toFixed(2));
    slider.setAttribute("aria-valuetext", `${now().toFixed(2)} of ${inSeconds(duration())}`);
    picture.setAttribute("aria-label", `Waveform and spectrogram of ${take.source}, ${inSeconds(duration())}, ` +
      `${LOWEST_HZ} to ${sampleRate / 2} Hz.`);
    if (!recording) showLevel();
    showAlarm();
    showRecorded();
    draw();
    drawOverlay();
  }

  function showAlarm() {
    alarm.hidden = !problem;
    alarm.textContent = problem;
  }

  function showRecorded() {
    const seconds = phase === "recording" || phase === "stopping" ? tape.samples / tape.rate : 0;
    recorded.textContent = `${seconds.toFixed(1)} / ${most} s`;
  }

  /** The bar is the level's mean, the mark the highest peak of the last moment. */
  function showLevel(mean = LOWEST_DB, peak = LOWEST_DB, held = LOWEST_DB) {
    const share = (db) => `${100 * (1 - db / LOWEST_DB)}%`;
    const quiet = phase !== "recording";
    const text = quiet ? "not recording" : peak <= LOWEST_DB ? "silence" : `${Math.round(peak)} dB`.replace("-", "−");
    bar.style.width = share(mean);
    mark.style.left = share(held);
    mark.hidden = held <= LOWEST_DB;
    meter.classList.toggle("ddsp-loud", !quiet && held >= dbOf(TOO_LOUD));
    level.textContent = quiet ? "" : text;
    meter.setAttribute("aria-valuenow", Math.round(peak));
    meter.setAttribute("aria-valuetext", text);
  }

  function sized(canvas) {
    const width = Math.round(slider.clientWidth);
    if (!width) return null;
    const pixels = window.devicePixelRatio || 1;
    const area = layout(width);
    const [across, down] = [width * pixels, area.height * pixels].map(Math.round);
    if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
    const drawing = canvas.getContext("2d");
    drawing.setTransform(pixels, 0, 0, pixels, 0, 0);
    return { drawing, area, width };
  }

  let levels = null; // of the spectrogram: once for each sound and size
  function draw() {
    const to = sound && sized(picture);
    if (!to) return;
    const { drawing, area } = to;
    const [columns, rows] = [Math.min(1000, Math.round(area.width)), area.picture.height];
    if (levels?.columns !== columns) {
      levels = { columns, of: spectrogram(sound, sampleRate, sound.length, columns, rows) };
    }
    const { peak } = model.get("take");
    const topDb = peak ? 5 * Math.ceil(4 * Math.log10(peak) - 1e-6) : 0;
    const image = coloured(levels.of, columns, rows, topDb);
    paint(drawing, area, { sound, sampleRate, length: sound.length, gain: 1, peak, topDb, image, f0_hz: null,
      theme: themeOf(root) });
  }

  function drawOverlay() {
    clock.textContent = `${now().toFixed(2)} / ${inSeconds(duration())}`;
    const to = sized(overlay);
    if (!to) return;
    const { drawing, area, width } = to;
    const [top, height] = [area.wave.top, area.picture.top + area.picture.height - area.wave.top];
    const x = area.left + Math.min(1, now() / duration()) * area.width;
    drawing.clearRect(0, 0, width, area.height);
    for (const [colour, thickness] of [["#000a", 4], [themeOf(root).head, 2]]) {
      drawing.fillStyle = colour;
      drawing.fillRect(x - thickness / 2, top, thickness, height);
    }
  }

  let frame = 0;
  function follow() {
    cancelAnimationFrame(frame);
    drawOverlay();
    if (deck.playing) frame = requestAnimationFrame(follow);
  }

  // What comes from elsewhere: takes, another size, another theme, another player. Another player does not end a
  // recording: to sing along with it, in headphones, is a fine thing to do.

  let shown = model.get("take").number;
  const renewed = () => {
    show();
    if (model.get("take").number !== shown && !arriving.length) ask();
    shown = model.get("take").number;
  };
  model.on("change:take", renewed);
  model.on("change:answer", answered);
  model.on("msg:custom", arrived);
  el.append(root);
  const unwatch = watchLooks(slider, () => { draw(); drawOverlay(); });
  root.ddsp = { begin, hear, finish, tapOn, wavOf, dbOf, sound: () => sound,
    state: () => ({ phase, playing: deck.playing, place: now(), loaded: sound !== null,
      recorded: tape ? tape.samples / tape.rate : 0, rate: tape?.rate, sounding: deck.sounding,
      take: model.get("take") }),
    listen: () => deck.listen() };
  show(" ");
  ask();

  return () => {
    gone = true;
    if (phase === "recording") finish("It was cut off: its cell was run again, or cleared.");
    for (const timer of [late, asking, measuring]) clearTimeout(timer);
    window.removeEventListener("keydown", onKey, true);
    model.off("change:take", renewed);
    model.off("change:answer", answered);
    model.off("msg:custom", arrived);
    unwatch();
    cancelAnimationFrame(frame);
    deck.close();
  };
}

export default { render };
