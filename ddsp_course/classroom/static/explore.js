// Sliders over a function in the kernel. One call is under way at most: what moves meanwhile is sent when its answer
// has come, so that the newest position is never lost. controls.js, player.js and pictures.js stand before this file.

const DEBOUNCE_MS = 40; // a drag is many small moves, and only where it rests is worth a call
const LATE_MS = 3000;
const POSITIONS = 1000; // of a logarithmic slider

/** Between the position of an <input type=range> and the value it means. */
function scaleOf({ low, high, step, log }) {
  if (!log) return { min: low, max: high, step, toValue: Number, toPosition: (value) => value };
  const octaves = Math.log(high / low);
  return { min: 0, max: POSITIONS, step: 1,
    toValue: (position) => low * Math.exp((octaves * position) / POSITIONS),
    toPosition: (value) => Math.round((POSITIONS * Math.log(value / low)) / octaves) };
}

/** A value as it is written beside its slider: as many digits as a step can change, four where steps are ratios. */
function written(value, { step, log, unit }) {
  const digits = log ? Math.max(0, 3 - Math.floor(Math.log10(value))) : Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return `${value.toFixed(Math.min(digits, 6)).replace("-", "−")}${unit ? ` ${unit}` : ""}`;
}

/** What a slider is called: "glide_ms" is "glide", for its unit stands beside the number. */
function called(name, { unit }) {
  const words = name.split("_");
  if (words.length > 1 && words.at(-1) === (unit ?? "").split(" ")[0].toLowerCase()) words.pop();
  return words.join(" ");
}

function render({ model, el }) {
  const sampleRate = model.get("sample_rate");
  const sliders = Object.entries(model.get("sliders"));
  let values = { ...model.get("values") };
  let sound = curve(model.get("sound"));
  const onPicture = model.get("on_picture");
  let loop = true;
  let [underWay, waiting, timer] = [false, false, null]; // waiting: moved since the call that is under way
  let toBeHeard = false; // a press on the picture plays, as soon as its sound is there

  const rows = sliders.map(([name, slider]) => {
    const scale = scaleOf(slider);
    const input = make("input", { type: "range", min: scale.min, max: scale.max, step: scale.step, "aria-label": name });
    const label = make("label", {}, called(name, slider));
    const output = make("output", { "aria-hidden": "true" });
    input.oninput = () => {
      values[name] = scale.toValue(input.value);
      showValues();
      ask();
    };
    return { name, slider, scale, input, label, output };
  });
  const playButton = make("button", { type: "button", class: "ddsp-play" });
  const loopButton = make("button", { type: "button", role: "switch" }, "Loop");
  loopButton.insertAdjacentHTML("afterbegin", icon("loop"));
  const status = make("span", { class: "ddsp-status", role: "status", "aria-live": "polite" });
  const note = make("p", { class: "ddsp-note", role: "alert" });
  const picture = make("canvas", { role: "img" });
  picture.style.height = `${HEIGHT}px`;
  const drawn = make("div", { class: onPicture.length ? "ddsp-map" : "" });
  const root = make("div", { class: "ddsp-widget ddsp-explore", role: "group", "aria-label": "Explore by ear" },
    make("div", { class: "ddsp-sliders" }, ...rows.flatMap(({ label, input, output }) => [label, input, output])),
    make("div", { class: "ddsp-row" }, playButton, loopButton, status), note, picture, drawn);

  // Calls

  function ask() {
    clearTimeout(timer);
    timer = setTimeout(send, DEBOUNCE_MS);
  }

  let late = 0;
  function send() {
    timer = null;
    if (underWay) return void (waiting = true);
    const known = model.get("values");
    if (rows.every(({ name }) => known[name] === values[name])) return void hear();
    [underWay, waiting] = [true, false];
    picture.classList.add("ddsp-busy");
    late = setTimeout(() => {
      status.textContent = "Waiting for the kernel. If it is not busy, run this cell again.";
    }, LATE_MS);
    model.set("values", { ...values });
    model.save_changes();
  }

  function answered() {
    underWay = false;
    clearTimeout(late);
    status.textContent = "";
    picture.classList.remove("ddsp-busy");
    sound = curve(model.get("sound"));
    if (deck.playing) play(deck.position());
    else if (!model.get("problem")) hear();
    toBeHeard = false;
    showSound();
    if (waiting) send();
    else moved();
  }

  /** By a line of Python, or put within its range there; not while a hand is on a slider. */
  function moved() {
    if (underWay || waiting || timer !== null) return;
    values = { ...model.get("values") };
    showValues();
  }

  // Sound

  const deck = new Deck(root, sampleRate, pause);

  function play(from = 0) {
    const player = deck.open([sound], [model.get("gain")]);
    player.onended = () => { deck.ended(); show(); };
    player.start(from, [0, player.duration], loop);
    show();
  }

  function hear() {
    if (toBeHeard && !deck.playing) play();
    toBeHeard = false;
  }

  function pause() {
    toBeHeard = false;
    if (!deck.playing) return;
    deck.stop();
    show();
  }

  playButton.onclick = () => (deck.playing ? pause() : play());
  loopButton.onclick = () => {
    loop = !loop;
    if (deck.playing) play(deck.position());
    else show();
  };
  // On the way down, so that no key here is a shortcut of JupyterLab's as well. Sliders and buttons answer themselves.
  const onKey = (event) => {
    if (!event.composedPath().includes(root) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && event.shiftKey) return;
    event.stopPropagation();
    if (event.key !== " " || event.target.getAttribute("role") === "switch") return;
    event.preventDefault();
    deck.playing ? pause() : play();
  };
  window.addEventListener("keydown", onKey, true);

  // A press on the picture, and a drag over it. The picture is another one after each answer, so its box holds the pointer.

  function pressed(event) {
    const i = model.get("places").findIndex((place) => place.length);
    if (i < 0) return;
    const [left, right, top, bottom, xLeft, xRight, yTop, yBottom] = model.get("places")[i];
    const box = drawn.children[i].getBoundingClientRect();
    const across = ((event.clientX - box.left) / box.width - left) / (right - left);
    const down = ((event.clientY - box.top) / box.height - top) / (bottom - top);
    const found = [xLeft + across * (xRight - xLeft), yTop + down * (yBottom - yTop)];
    onPicture.forEach((name, axis) => {
      const { low, high } = model.get("sliders")[name];
      values[name] = Math.min(Math.max(found[axis], low), high);
    });
    toBeHeard = true;
    showValues();
    ask();
  }

  if (onPicture.length) {
    drawn.onpointerdown = (event) => {
      if (event.button !== 0 || event.target.tagName !== "IMG") return;
      event.preventDefault(); // no dragging of the image itself
      drawn.setPointerCapture(event.pointerId);
      pressed(event);
    };
    drawn.onpointermove = (event) => drawn.hasPointerCapture(event.pointerId) && pressed(event);
  }

  // Picture

  function draw() {
    const width = Math.round(picture.clientWidth);
    if (!width) return;
    const theme = themeOf(root);
    const place = layout(width);
    const [across, down] = [width * theme.pixels, HEIGHT * theme.pixels].map(Math.round);
    if (picture.width !== across || picture.height !== down) [picture.width, picture.height] = [across, down];
    const drawing = picture.getContext("2d");
    drawing.setTransform(theme.pixels, 0, 0, theme.pixels, 0, 0);
    const gain = model.get("gain");
    const peak = gain * sound.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const topDb = peak ? 5 * Math.ceil(4 * Math.log10(peak) - 1e-6) : 0;
    const [columns, rowsDown] = [Math.min(1000, Math.round(place.width)), place.picture.height];
    const levels = spectrogram(sound, sampleRate, sound.length, columns, rowsDown);
    const image = coloured(levels, columns, rowsDown, topDb - 20 * Math.log10(gain));
    paint(drawing, place, { sound, sampleRate, length: sound.length, gain, peak, topDb, image, f0_hz: null, theme });
  }

  function showValues() {
    for (const { name, slider, scale, input, output } of rows) {
      input.value = scale.toPosition(values[name]);
      const text = written(values[name], slider);
      input.setAttribute("aria-valuetext", text);
      output.textContent = text;
    }
  }

  function show() {
    playButton.innerHTML = deck.playing ? `${icon("pause")}Pause` : `${icon("play")}Play`;
    loopButton.setAttribute("aria-checked", loop);
  }

  /** After every call: what it made, or what went wrong. */
  function showSound() {
    show();
    const problem = model.get("problem");
    note.hidden = !problem && model.get("gain") === 1;
    note.textContent = problem ||
      (model.get("gain") < 1 ? `It would clip, and plays ${inDb(1 / model.get("gain"))} softer.` : "");
    picture.setAttribute("aria-label", `Waveform and spectrogram of the sound, ${inSeconds(sound.length / sampleRate)}, ` +
      `${LOWEST_HZ} to ${sampleRate / 2} Hz.`);
    draw();
    for (const image of drawn.children) URL.revokeObjectURL(image.src);
    const alts = model.get("alts");
    drawn.replaceChildren(...model.get("pictures").map((png, i) => make("img",
      { alt: alts[i] ?? "", src: URL.createObjectURL(new Blob([png], { type: "image/png" })) })));
  }

  model.on("change:rendered", answered);
  model.on("change:values", moved);
  el.append(root);
  const unwatch = watchLooks(root, draw);
  root.ddsp = { scaleOf, written, sound: () => sound, values: () => values, places: () => model.get("places"),
    state: () => ({ playing: deck.playing, loop, place: deck.playing ? deck.position() : 0, underWay, values,
      rendered: model.get("rendered") }),
    listen: () => deck.listen() };
  showValues();
  showSound();

  return () => {
    for (const each of [timer, late]) clearTimeout(each);
    model.off("change:rendered", answered);
    model.off("change:values", moved);
    window.removeEventListener("keydown", onKey, true);
    unwatch();
    deck.close();
  };
}

export default { render };
