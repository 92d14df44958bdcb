// What notes come from: the computer's keys as a piano, the piano on the page, and a MIDI keyboard. A note is pressed
// and released under the name of what pressed it. harmonics_sound.js stands before this file.

// Places on the keyboard, whatever is printed there: two octaves and a half in semitones above the left lower key.
const PIANO = Object.fromEntries([
  ["KeyZ KeyS KeyX KeyD KeyC KeyV KeyG KeyB KeyH KeyN KeyJ KeyM Comma KeyL Period Semicolon Slash", 0],
  ["KeyQ Digit2 KeyW Digit3 KeyE KeyR Digit5 KeyT Digit6 KeyY Digit7 KeyU KeyI Digit9 KeyO Digit0 KeyP", 12],
].flatMap(([codes, from]) => codes.split(" ").map((code, i) => [code, from + i])));
const LOWEST_KEY = 48; // C3, as a MIDI number
const PIANO_KEYS = 29;
const STRONGEST_BEND = 2; // semitones, as MIDI keyboards have it
const SOFTEST_DB = -36; // a key that is hardly struck, against one that is struck as hard as can be

/** The piano on the page, for fingers and eyes. lowest(): the MIDI number of its first key. */
function pianoStrip({ lowest, press, release }) {
  const keys = Array.from({ length: PIANO_KEYS }, (_, semitones) =>
    make("span", { class: BLACK.includes(semitones % 12) ? "ddsp-black" : "ddsp-white" }));
  const element = make("div", { class: "ddsp-piano", "aria-hidden": "true" }, ...keys);
  const under = new Map(); // the key below each finger
  const slide = (event) => {
    const key = keys.indexOf(document.elementFromPoint(event.clientX, event.clientY)?.closest(".ddsp-piano > span"));
    if (key === under.get(event.pointerId)) return;
    under.set(event.pointerId, key);
    if (key < 0) release(`finger ${event.pointerId}`);
    else press(`finger ${event.pointerId}`, lowest() + key);
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    slide(event);
  });
  element.addEventListener("pointermove", (event) => { if (under.has(event.pointerId)) slide(event); });
  for (const end of ["pointerup", "pointercancel"]) {
    element.addEventListener(end, (event) => {
      under.delete(event.pointerId);
      release(`finger ${event.pointerId}`);
    });
  }

  let printed = new Map(); // what is on the keys of this keyboard, where the browser tells
  const codes = Object.fromEntries(Object.entries(PIANO).map(([code, key]) => [key, code])); // the upper row wins
  /** sounding: MIDI number of what sounds, NaN for silence. */
  function show(sounding) {
    for (const [semitones, key] of keys.entries()) {
      key.classList.toggle("ddsp-down", Math.abs(sounding - lowest() - semitones) < 0.5);
      key.textContent = (printed.get(codes[semitones]) ?? codes[semitones].at(-1)).toUpperCase();
      key.dataset.note = semitones % 12 ? "" : nameOf(lowest() + semitones);
    }
  }
  navigator.keyboard?.getLayoutMap?.().then((map) => { printed = map; }, () => {});
  return { element, show };
}

/** What a MIDI message says: notes, the modulation wheel (1), "all notes off" (123) and the bend, of any channel. */
function midiMessage([status, first, second]) {
  const kind = status >> 4;
  if (kind === 9 && second > 0) return { press: first, db: SOFTEST_DB * (1 - second / 127) };
  if (kind === 8 || kind === 9) return { release: first };
  if (kind === 11 && first === 1) return { wheel: second / 127 };
  if (kind === 11 && first === 123) return { silence: true };
  if (kind === 14) return { bend: (STRONGEST_BEND * (first + 128 * second - 8192)) / 8192 };
  return {};
}

/** Ask the browser for its MIDI keyboards; heard(a name for the keyboard, message). Returns how to stop listening. */
async function watchMidi(heard, say) {
  let access;
  try {
    access = await navigator.requestMIDIAccess();
  } catch {
    say("The browser does not let this page use MIDI.");
    return null;
  }
  let plugged = new Set();
  const listen = () => {
    const inputs = [...access.inputs.values()].filter((input) => input.state !== "disconnected");
    for (const input of inputs) input.onmidimessage = ({ data }) => heard(input.id, midiMessage(data));
    const there = new Set(inputs.map(({ id }) => id));
    for (const id of plugged) if (!there.has(id)) heard(id, { silence: true }); // pulled out, it ends none of its notes
    plugged = there;
    const names = inputs.map((input) => input.name || "a keyboard");
    say(names.length ? `Plays from ${names.join(", ")}.` : "There is no MIDI keyboard. It may be plugged in now.");
  };
  access.onstatechange = listen;
  listen();
  return () => {
    access.onstatechange = null;
    for (const input of access.inputs.values()) input.onmidimessage = null;
  };
}
