// What notes come from: a pad under a hand, the computer's keys as a piano, a MIDI keyboard. A note is pressed and
// released under the name of what pressed it; of several, the last one pressed sounds.

const BLACK = [1, 3, 6, 8, 10];
const NAMES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];
const hzOf = (midi) => 440 * 2 ** ((midi - 69) / 12);
const nameOf = (midi) => `${NAMES[((midi % 12) + 12) % 12]}${Math.floor(midi / 12) - 1}`;
const between = (value, low, high) => Math.min(high, Math.max(low, value));

// Places on the keyboard, whatever is printed there, in semitones above the left lower key.
const KEYS = Object.fromEntries([
  ["KeyZ KeyS KeyX KeyD KeyC KeyV KeyG KeyB KeyH KeyN KeyJ KeyM", 0],
  ["KeyQ Digit2 KeyW Digit3 KeyE KeyR Digit5 KeyT Digit6 KeyY Digit7 KeyU KeyI Digit9 KeyO Digit0 KeyP", 12],
].flatMap(([codes, from]) => codes.split(" ").map((code, semitones) => [code, from + semitones])));

/** A frequency with the note it is nearest to: "220.0 Hz, A3". */
function pitchInWords(hz) {
  const note = Math.round(midiOf(hz));
  const cents = Math.round(100 * (midiOf(hz) - note));
  return `${hz.toFixed(1)} Hz, ${nameOf(note)}${cents ? ` ${cents > 0 ? "+" : "−"}${Math.abs(cents)} cents` : ""}`;
}

/** Notes that are held; changed(note or null): {midi, db}, the last one pressed that is still held. */
class Held {
  constructor(changed) {
    [this.notes, this.changed] = [new Map(), changed];
  }

  press(who, note) {
    this.notes.delete(who); // to the end of the order
    this.notes.set(who, note);
    this.changed(note);
  }

  release(who) {
    if (this.notes.delete(who)) this.changed([...this.notes.values()].at(-1) ?? null);
  }

  clear() {
    this.notes.clear();
    this.changed(null);
  }
}

/** A pad: pitch from left to right, loudness upwards; with the arrow keys too, and space to sound. */
function playPad(element, held, { pitch: [lowest, highest], loudness: [softest, loudest] }, moved) {
  const place = { midi: (lowest + highest) / 2, db: (softest + loudest) / 2 };
  const go = (midi, db, pressed) => {
    place.midi = between(midi, lowest, highest);
    place.db = between(db, softest, loudest);
    if (pressed) held.press("pad", { ...place });
    moved(place);
  };
  const touch = (event) => {
    const box = element.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    go(lowest + x * (highest - lowest), loudest - y * (loudest - softest), true);
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    touch(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (element.hasPointerCapture(event.pointerId)) touch(event);
  });
  for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => held.release("pad"));
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 2], ArrowDown: [0, -2] };
  element.addEventListener("keydown", (event) => {
    if (event.code === "Space" && !event.repeat) held.press("pad", { ...place });
    else if (steps[event.code]) {
      const [semitones, db] = steps[event.code];
      go(Math.round(place.midi) + semitones, place.db + db, held.notes.has("pad"));
    } else if (event.code !== "Space") return;
    event.preventDefault();
  });
  element.addEventListener("keyup", (event) => { if (event.code === "Space") held.release("pad"); });
  element.addEventListener("blur", () => held.release("pad"));
  return place;
}

/** The computer's keys as a piano whose left lower key is lowest(). */
function playKeys(held, lowest, db) {
  addEventListener("keydown", (event) => {
    const semitones = KEYS[event.code];
    if (semitones === undefined || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input[type=text], textarea, select")) return;
    held.press(event.code, { midi: lowest() + semitones, db: db() });
  });
  addEventListener("keyup", (event) => held.release(event.code));
  addEventListener("blur", () => held.clear());
}

/** MIDI keyboards, if the browser has them and lets this page; velocity is loudness. say(sentence). */
async function playMidi(held, [softest, loudest], say) {
  let access;
  try {
    access = await navigator.requestMIDIAccess();
  } catch {
    say("The browser does not let this page use MIDI.");
    return;
  }
  const listen = () => {
    const inputs = [...access.inputs.values()].filter((input) => input.state !== "disconnected");
    for (const input of inputs) {
      input.onmidimessage = ({ data: [status, key, velocity] }) => {
        const [kind, who] = [status >> 4, `midi ${input.id} ${key}`];
        if (kind === 9 && velocity > 0) {
          held.press(who, { midi: key, db: softest + ((loudest - softest) * velocity) / 127 });
        } else if (kind === 8 || kind === 9) held.release(who);
        else if (kind === 11 && key === 123) held.clear();
      };
    }
    const there = new Set(inputs.map(({ id }) => id));
    for (const who of [...held.notes.keys()]) { // a keyboard that was pulled out sends no end of its notes
      if (who.startsWith("midi ") && !there.has(who.slice(5, who.lastIndexOf(" ")))) held.release(who);
    }
    const names = inputs.map((input) => input.name || "a keyboard");
    say(names.length ? `Plays from ${names.join(", ")}.` : "There is no MIDI keyboard. It may be plugged in now.");
  };
  access.onstatechange = listen;
  listen();
}
