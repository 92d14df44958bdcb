// Sounds on their way out of the traits of listening/takes.py.

const ASK_AFTER_MS = 1500;

/** A number of float32 arrays out of the bytes of traits; null while some are still on their way. */
function received(model) {
  const pieces = Array.from({ length: model.get("pieces") }, (_, i) => model.get(`sound_${i}`));
  if (!pieces.every(Boolean)) return null;
  const lengths = model.get("lengths");
  const stream = new Float32Array(lengths.reduce((sum, length) => sum + length));
  const bytes = new Uint8Array(stream.buffer);
  let place = 0;
  for (const piece of pieces) {
    bytes.set(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength), place);
    place += piece.byteLength;
  }
  place = 0;
  return lengths.map((length) => stream.subarray(place, (place += length)));
}

/** Hand over the sounds as soon as they have come, and ask for them if they do not; returns how to stop waiting. */
function whenReceived(model, use, say) {
  let takes = null;
  const arrivals = Array.from({ length: model.get("pieces") }, (_, i) => `change:sound_${i}`).join(" ");
  const load = () => {
    if (!takes && (takes = received(model))) use(takes);
  };
  model.on(arrivals, load);
  const asking = setTimeout(() => {
    if (takes) return;
    try { model.send("sounds"); } catch { /* no kernel any more */ }
    say("Waiting for the sound. If it does not come, run this cell again.");
  }, ASK_AFTER_MS);
  load();
  return () => {
    model.off(arrivals, load);
    clearTimeout(asking);
  };
}
