// The test of listening.rate. The last take is the open reference. controls.js, takes.js and player.js stand before
// this file.

const WORDS = ["bad", "poor", "fair", "good", "excellent"]; // ITU-R BS.1534: 20 points each

function render({ model, el }) {
  const sampleRate = model.get("sample_rate");
  const rated = model.get("names").length - 1;
  const letters = Array.from({ length: rated }, (_, i) => String.fromCharCode(65 + i));

  let takes = null; // until the sounds have come
  let chosen = rated; // the open reference comes first
  const [heard, moved] = [new Set(), new Set()];

  const playButton = make("button", { type: "button", class: "ddsp-play", "aria-keyshortcuts": "Space" });
  const radio = (key, name) => make("button", { type: "button", role: "radio", "aria-keyshortcuts": key },
    make("span", { class: "ddsp-key", "aria-hidden": "true" }, key), make("span", { class: "ddsp-name" }, name));
  const takeButtons = [...letters.map((letter) => radio(letter, `Sound ${letter}`)), radio("R", "Reference")];
  const inputs = letters.map((letter) =>
    make("input", { type: "range", min: 0, max: 100, step: 1, value: 50, "aria-label": `Rating of sound ${letter}` }));
  const outputs = letters.map(() => make("output", { "aria-hidden": "true" }, "–"));
  const doneButton = make("button", { type: "button" }, "I have rated all");
  const status = make("span", { class: "ddsp-status", role: "status", "aria-live": "polite" });
  const result = make("p", { class: "ddsp-result", role: "note" });
  const root = make("div", { class: "ddsp-widget ddsp-blind", role: "group", "aria-label": "Blind rating" },
    make("p", { class: "ddsp-title" }, "How near is each sound to the reference?"),
    make("div", { class: "ddsp-row" }, playButton, takeButtons[rated]),
    make("div", { class: "ddsp-ratings", role: "group", "aria-label": "Ratings" },
      ...letters.flatMap((_, i) => [takeButtons[i], inputs[i], outputs[i]]),
      make("div", { class: "ddsp-words", "aria-hidden": "true" }, ...WORDS.map((word) => make("span", {}, word)))),
    make("div", { class: "ddsp-row" }, doneButton, status), result);

  const deck = new Deck(root, sampleRate, pause);
  const wordOf = (score) => WORDS[Math.min(4, Math.floor(score / 20))];

  function play() {
    if (!takes) return void (status.textContent = "The sound has not come yet.");
    const player = deck.open(takes, takes.map(() => model.get("gain")));
    player.choose(chosen);
    player.start(0, [0, player.duration], true);
    heard.add(chosen);
    show();
  }

  function pause() {
    if (!deck.playing) return;
    deck.stop();
    show();
  }

  function choose(take) {
    chosen = take;
    deck.player?.choose(take);
    if (deck.playing) heard.add(take);
    show();
  }

  function done() {
    if (model.get("scores").length || moved.size < rated) return;
    pause();
    model.send({ scores: inputs.map((input) => Number(input.value)) });
  }

  playButton.onclick = () => (deck.playing ? pause() : play());
  doneButton.onclick = done;
  for (const [i, button] of takeButtons.entries()) button.onclick = () => choose(i);
  for (const [i, input] of inputs.entries()) {
    input.oninput = () => {
      moved.add(i);
      show();
    };
  }
  const onKey = (event) => {
    if (!event.composedPath().includes(root) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && event.shiftKey) return;
    event.stopPropagation(); // no key here is a shortcut of JupyterLab's as well
    const take = [...letters, "R"].indexOf(event.key.toUpperCase());
    if (event.key === " " && event.target !== doneButton) deck.playing ? pause() : play();
    else if (take >= 0) choose(take);
    else return;
    event.preventDefault();
  };
  window.addEventListener("keydown", onKey, true);

  function show() {
    const over = model.get("scores").length > 0;
    playButton.innerHTML = deck.playing ? `${icon("pause")}Pause` : `${icon("play")}Play`;
    for (const [i, button] of takeButtons.entries()) button.setAttribute("aria-checked", i === chosen);
    for (const [i, input] of inputs.entries()) {
      input.disabled = over || !heard.has(i); // nothing is rated unheard
      input.setAttribute("aria-valuetext", moved.has(i) ? `${input.value}, ${wordOf(input.value)}` : "not rated yet");
      outputs[i].textContent = moved.has(i) ? `${input.value} ${wordOf(input.value)}` : "–";
    }
    doneButton.disabled = over || moved.size < rated;
    status.textContent = over ? "" : moved.size < rated ? `${moved.size} of ${rated} rated. Play a sound to rate it.` : "";
    result.hidden = !model.get("result");
    result.textContent = model.get("result");
  }

  model.on("change:result", show);
  el.append(root);
  root.ddsp = { state: () => ({ chosen, playing: deck.playing, heard: [...heard], moved: [...moved], loaded: takes !== null }),
    listen: () => deck.listen() };
  show();
  const unload = whenReceived(model, (sounds) => { takes = sounds; }, (text) => { status.textContent = text; });

  return () => {
    unload();
    model.off("change:result", show);
    window.removeEventListener("keydown", onKey, true);
    deck.close();
  };
}

export default { render };
