// What is drawn: the pad, the spectrum that sounds, and what the network chooses. surface.js stands before this file.

/** The colours that canvases are drawn in, as they are at the moment. */
function themeOf() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return { ink: colour("ink"), soft: colour("soft"), line: colour("line"), accent: colour("accent"),
    warm: colour("warm"), card: colour("card"), font: getComputedStyle(document.body).fontFamily };
}

/** A canvas as large as it is shown, cleared -> {context, width, height} in CSS pixels. */
function begin(canvas) {
  const pixels = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const [across, down] = [Math.round(width * pixels), Math.round(height * pixels)];
  if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
  const context = canvas.getContext("2d");
  context.setTransform(pixels, 0, 0, pixels, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** A frame with ticks and labels; across and down: {from, to, ticks: [[value, text]], label}. Returns where values lie. */
function axes({ context, width, height }, theme, across, down) {
  const [left, right, top, bottom] = [56, width - 8, 8, height - 34];
  const xOf = (value) => left + ((value - across.from) / (across.to - across.from)) * (right - left);
  const yOf = (value) => bottom - ((value - down.from) / (down.to - down.from)) * (bottom - top);
  context.font = `12px ${theme.font}`;
  context.textBaseline = "middle";
  context.fillStyle = theme.soft;
  context.strokeStyle = theme.line;
  context.lineWidth = 1;
  context.beginPath();
  for (const [value, text] of across.ticks) {
    const x = Math.round(xOf(value)) + 0.5;
    context.moveTo(x, top);
    context.lineTo(x, bottom + 4);
    context.textAlign = "center";
    context.fillText(text, x, bottom + 12);
  }
  for (const [value, text] of down.ticks) {
    const y = Math.round(yOf(value)) + 0.5;
    context.moveTo(left - 4, y);
    context.lineTo(right, y);
    context.textAlign = "right";
    context.fillText(text, left - 7, y);
  }
  context.stroke();
  context.textAlign = "center";
  context.fillText(across.label, (left + right) / 2, bottom + 27);
  context.save();
  context.translate(9, (top + bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(down.label, 0, 0);
  context.restore();
  return { left, right, top, bottom, xOf, yOf };
}

const dbTicks = (from, to, step) => {
  const ticks = [];
  for (let db = Math.ceil(from / step) * step; db <= to; db += step) ticks.push([db, `${db}`.replace("-", "−")]);
  return ticks;
};
const kilohertz = (nyquist) =>
  Array.from({ length: Math.floor(nyquist / 2000) + 1 }, (_, i) => [2000 * i, `${2 * i}`]);

/** The pad's grid, and a mark where it stands; now: {midi, db, sounds}. */
function drawPad(canvas, { pitch: [lowest, highest], loudness: [softest, loudest] }, now) {
  const theme = themeOf();
  const { context, width, height } = begin(canvas);
  const xOf = (midi) => ((midi - lowest) / (highest - lowest)) * width;
  const yOf = (db) => height - ((db - softest) / (loudest - softest)) * height;
  context.font = `12px ${theme.font}`;
  context.textBaseline = "bottom";
  for (let midi = Math.ceil(lowest); midi <= highest; midi++) {
    const c = midi % 12 === 0;
    context.fillStyle = theme.line;
    if (BLACK.includes(midi % 12)) {
      context.globalAlpha = 0.35;
      context.fillRect(xOf(midi - 0.5), 0, xOf(midi + 0.5) - xOf(midi - 0.5), height);
      context.globalAlpha = 1;
    } else context.fillRect(xOf(midi), c ? 0 : height - 8, 1, c ? height : 8);
    if (!c) continue;
    context.fillStyle = theme.soft;
    context.textAlign = "left";
    context.fillText(nameOf(midi), xOf(midi) + 4, height - 4);
  }
  for (const [db, text] of dbTicks(softest, loudest, 10)) {
    context.fillStyle = theme.line;
    context.fillRect(0, yOf(db), width, 1);
    context.fillStyle = theme.soft;
    context.textAlign = "left";
    if (yOf(db) > 18 && yOf(db) < height - 22) context.fillText(`${text} dB`, 5, yOf(db) - 2);
  }
  const [x, y] = [between(xOf(now.midi), 0, width), between(yOf(now.db), 0, height)];
  context.fillStyle = context.strokeStyle = theme.warm;
  context.globalAlpha = 0.5;
  context.fillRect(x - 0.5, 0, 1, height);
  context.fillRect(0, y - 0.5, width, 1);
  context.globalAlpha = 1;
  context.beginPath();
  context.arc(x, y, 9, 0, 2 * Math.PI);
  context.lineWidth = 2.5;
  if (!now.sounds) context.fillStyle = theme.card;
  context.fill();
  context.stroke();
}

/** The spectrum that sounds: levels in dB, from 0 Hz to Nyquist. */
function drawSpectrum(canvas, levels, sample_rate) {
  const theme = themeOf();
  const sheet = begin(canvas);
  const nyquist = sample_rate / 2;
  const { xOf, yOf, top, bottom } = axes(sheet, theme,
    { from: 0, to: nyquist, ticks: kilohertz(nyquist), label: "Frequency (kHz)" },
    { from: -110, to: -10, ticks: dbTicks(-110, -10, 20), label: "Level (dB)" });
  if (!levels) return;
  const { context } = sheet;
  context.beginPath();
  for (const [bin, level] of levels.entries()) {
    context.lineTo(xOf((bin / levels.length) * nyquist), between(yOf(level), top, bottom));
  }
  context.strokeStyle = theme.accent;
  context.lineWidth = 1.5;
  context.stroke();
}

/** Bars from the floor: values are linear gains. */
function bars(sheet, { xOf, yOf, bottom, top }, gains, colour, width) {
  sheet.context.fillStyle = colour;
  for (const [place, gain] of gains) {
    const y = between(yOf(20 * Math.log10(gain + 1e-12)), top, bottom);
    sheet.context.fillRect(xOf(place) - width / 2, y, width, bottom - y);
  }
}

/** Each harmonic's share of the sound of all. */
function drawHarmonics(canvas, distribution, count) {
  const theme = themeOf();
  const sheet = begin(canvas);
  const ticks = [1, ...Array.from({ length: Math.floor(count / 20) }, (_, i) => 20 * (i + 1))];
  const places = axes(sheet, theme,
    { from: 0, to: count + 1, ticks: ticks.map((k) => [k, `${k}`]), label: "Harmonic" },
    { from: -80, to: 0, ticks: dbTicks(-80, 0, 20), label: "Share (dB)" });
  const wide = Math.max(1, ((places.right - places.left) / (count + 1)) * 0.7);
  if (distribution) bars(sheet, places, [...distribution].map((gain, k) => [k + 1, gain]), theme.accent, wide);
}

/** The gain of the noise in each band. */
function drawNoise(canvas, magnitudes, count, sample_rate) {
  const theme = themeOf();
  const sheet = begin(canvas);
  const nyquist = sample_rate / 2;
  const places = axes(sheet, theme,
    { from: 0, to: nyquist, ticks: kilohertz(nyquist), label: "Frequency (kHz)" },
    { from: -120, to: 0, ticks: dbTicks(-120, 0, 20), label: "Gain (dB)" });
  const wide = Math.max(1, ((places.right - places.left) / count) * 0.7);
  const placed = [...(magnitudes ?? [])].map((gain, band) => [(band / (count - 1)) * nyquist, gain]);
  bars(sheet, places, placed, theme.warm, wide);
}
