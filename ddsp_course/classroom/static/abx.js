// The test of listening.abx. controls.js, takes.js and player.js stand before this file.

const GAP_S = 0.04; // of silence at every switch: a cross-fade of a sound with itself would sound like none, and tell

function render({ model, el }) {
  const names = model.get("names");
  const sampleRate = model.get("sample_rate");
  const trials = model.get("order").length;
  const letters = ["A", "B", "X"];

  let takes = null; // until the sounds have come
  let chosen = 0;
  let heard = new Set(); // in this trial: an answer without a listen is none

  const title = make("p", { class: "ddsp-title" });
  const playButton = make("button", { type: "button", class: "ddsp-play", "aria-keyshortcuts": "Space" });
  const takeButtons = letters.map((letter, i) =>
    make("button", { type: "button", role: "radio", "aria-keyshortcuts": letter },
      make("span", { class: "ddsp-key", "aria-hidden": "true" }, letter),
      make("span", { class: "ddsp-name" }, i < 2 ? names[i] : "one of the two")));
  const answerButtons = [0, 1].map((take) => make("button", { type: "button" }, `X is ${letters[take]}`));
  const status = make("span", { class: "ddsp-status", role: "status", "aria-live": "polite" });
  const result = make("p", { class: "ddsp-result", role: "note" });
  const listening = make("div", { class: "ddsp-row" }, playButton,
    make("div", { class: "ddsp-takes", role: "radiogroup", "aria-label": "Sound" }, ...takeButtons));
  const answering = make("div", { class: "ddsp-row" }, ...answerButtons, status);
  const root = make("div", { class: "ddsp-widget ddsp-blind", role: "group", "aria-label": "Blind test, A, B or X" },
    title, listening, answering, result);

  const trial = () => model.get("answers").length;
  const takeOf = (letter) => (letter === 2 ? model.get("order")[Math.min(trial(), trials - 1)] : letter);
  const gains = () => (model.get("equal") ? model.get("matched") : names.map(() => model.get("gain")));

  const deck = new Deck(root, sampleRate, pause);

  function sound(letter, from, gap_s) {
    const { player } = deck;
    const when = player.soon() + gap_s;
    player.stop();
    player.choose(takeOf(letter), when);
    player.start(from, [0, player.duration], true, when);
    heard.add(letter);
  }

  function play() {
    if (!takes) return void (status.textContent = "The sound has not come yet.");
    deck.open(takes, gains());
    sound(chosen, 0, 0);
    show();
  }

  function pause() {
    if (!deck.playing) return;
    deck.stop();
    show();
  }

  function choose(letter) {
    if (deck.playing) sound(letter, deck.position(), GAP_S);
    chosen = letter;
    show();
  }

  function answer(take) {
    if (trial() >= trials || !heard.has(2)) return;
    pause();
    heard = new Set();
    chosen = 0;
    show();
    status.textContent = "Noting it. If nothing happens, is the kernel running?";
    model.send({ answer: [trial(), take] });
  }

  function noted() {
    show();
    if (trial() < trials) playButton.focus();
    status.textContent = trial() < trials ? `Noted. Trial ${trial() + 1} of ${trials}: X is drawn anew.`
      : "That was the last.";
  }

  playButton.onclick = () => (deck.playing ? pause() : play());
  for (const [i, button] of takeButtons.entries()) button.onclick = () => choose(i);
  for (const [i, button] of answerButtons.entries()) button.onclick = () => answer(i);
  const onKey = (event) => {
    if (!event.composedPath().includes(root) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Enter" && event.shiftKey) return;
    event.stopPropagation(); // no key here is a shortcut of JupyterLab's as well
    const onRadio = event.target.getAttribute("role") === "radio";
    const step = { ArrowLeft: 2, ArrowUp: 2, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const letter = letters.indexOf(event.key.toUpperCase());
    if (event.key === " " && !answerButtons.includes(event.target)) deck.playing ? pause() : play();
    else if (letter >= 0) choose(letter);
    else if (step && onRadio) choose((chosen + step) % 3);
    else return;
    event.preventDefault();
    if (onRadio) takeButtons[chosen].focus();
  };
  window.addEventListener("keydown", onKey, true);

  function show() {
    const over = trial() >= trials;
    title.textContent = over ? `All ${trials} trials are done.`
      : `Trial ${trial() + 1} of ${trials}: is X ${names[0]} or ${names[1]}?`;
    playButton.innerHTML = deck.playing ? `${icon("pause")}Pause` : `${icon("play")}Play`;
    for (const [i, button] of takeButtons.entries()) {
      button.setAttribute("aria-checked", i === chosen);
      button.tabIndex = i === chosen ? 0 : -1;
    }
    for (const button of answerButtons) button.disabled = over || !heard.has(2);
    result.hidden = !model.get("result");
    result.textContent = model.get("result");
  }

  model.on("change:answers", noted);
  el.append(root);
  root.ddsp = { state: () => ({ trial: trial(), chosen, playing: deck.playing, loaded: takes !== null }),
    listen: () => deck.listen() };
  status.textContent = "Listen to X before you answer.";
  show();
  const unload = whenReceived(model, (sounds) => { takes = sounds; }, (text) => { status.textContent = text; });

  return () => {
    unload();
    model.off("change:answers", noted);
    window.removeEventListener("keydown", onKey, true);
    deck.close();
  };
}

export default { render };
