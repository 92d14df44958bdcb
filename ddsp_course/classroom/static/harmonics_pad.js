// The pad of the instrument: pitch from left to right, as on a piano, and level upwards. harmonics_sound.js stands
// before this file.

const PAD_HEIGHT = 208; // in CSS pixels, of all that is drawn

/** Places on a pad that is so many CSS pixels wide, and what they mean; ranges: of f0_hz and level_db, by name. */
function padScale(width, { f0_hz: [lowest, highest], level_db: [softest, loudest] }) {
  const [left, right, top, bottom] = [44, width - 10, 8, PAD_HEIGHT - 36];
  const octaves = Math.log2(highest / lowest);
  return { left, right, top, bottom,
    xOf: (hz) => left + (Math.log2(hz / lowest) / octaves) * (right - left),
    yOf: (db) => bottom - ((db - softest) / (loudest - softest)) * (bottom - top),
    hzAt: (x) => lowest * 2 ** (clamp((x - left) / (right - left), [0, 1]) * octaves),
    dbAt: (y) => softest + clamp((bottom - y) / (bottom - top), [0, 1]) * (loudest - softest) };
}

/** Its grid and the place where it stands. view: width, ranges, f0_hz, level_db, sounds, theme. */
function paintPad(canvas, { width, ranges, f0_hz, level_db, sounds, theme }) {
  const [across, down] = [width * theme.pixels, PAD_HEIGHT * theme.pixels].map(Math.round);
  if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
  const context = canvas.getContext("2d");
  const { left, right, top, bottom, xOf, yOf } = padScale(width, ranges);
  context.setTransform(theme.pixels, 0, 0, theme.pixels, 0, 0);
  context.clearRect(0, 0, width, PAD_HEIGHT);
  context.font = `11px ${theme.font}`;
  context.textBaseline = "middle";
  const write = (text, x, y, align = "center") => {
    context.textAlign = align;
    context.fillStyle = theme.ink;
    context.fillText(text, x, y);
  };
  const bar = (x, y, dx, dy, colour = theme.faint) => {
    context.fillStyle = colour;
    context.fillRect(x, y, dx, dy);
  };

  const [first, last] = ranges.f0_hz.map((hz) => Math.round(midiOf(hz)));
  for (let midi = first; midi <= last; midi++) {
    const x = xOf(hzOfMidi(midi));
    if (midi % 12 === 0) {
      bar(x - 0.5, top, 1, bottom - top + 4);
      write(nameOf(midi), x, bottom + 12);
    } else if (!BLACK.includes(midi % 12)) bar(x - 0.5, bottom - 4, 1, 4);
  }
  write("Pitch", (left + right) / 2, bottom + 28);
  for (let db = 0; db >= ranges.level_db[0]; db -= 12) {
    if (db > ranges.level_db[1]) continue;
    bar(left - 4, yOf(db) - 0.5, right - left + 4, 1);
    write(`${db}`.replace("-", "−"), left - 7, yOf(db), "right");
  }
  context.save();
  context.translate(8, (top + bottom) / 2);
  context.rotate(-Math.PI / 2);
  write("Level (dB)", 0, 0);
  context.restore();
  context.lineWidth = 1;
  context.strokeStyle = theme.soft;
  context.strokeRect(left - 0.5, top - 0.5, right - left + 1, bottom - top + 1);

  const [x, y] = [xOf(f0_hz), yOf(level_db)];
  context.globalAlpha = 0.6;
  bar(x - 0.75, top, 1.5, bottom - top, theme.head);
  bar(left, y - 0.75, right - left, 1.5, theme.head);
  context.globalAlpha = 1;
  context.beginPath();
  context.arc(x, y, 8, 0, 2 * Math.PI);
  context.fillStyle = sounds ? theme.head : theme.paper;
  context.fill();
  context.lineWidth = 2.5;
  context.strokeStyle = theme.head;
  context.stroke();
}
