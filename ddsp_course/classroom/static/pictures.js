// Pictures of sound: a waveform and a spectrogram, with axes.

const LOWEST_HZ = 50;
const FLOOR_DB = -120; // of what a spectrogram remembers; it does so in steps of half a decibel
const RANGE_DB = 80; // from black to the brightest
const HEIGHT = 312; // in CSS pixels, of all that is drawn
const MAGMA = [
  [0, 0, 4], [28, 16, 68], [79, 18, 123], [129, 37, 129], [181, 54, 122],
  [229, 80, 100], [251, 135, 97], [254, 194, 135], [252, 253, 191],
]; // evenly spaced to the eye, and to eyes that see fewer colours

/** A Fourier transform of a power of two, in place, with its tables made once. */
function fourier(size) {
  const cos = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
  const sin = Float64Array.from({ length: size / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / size));
  const swap = new Uint32Array(size);
  for (let i = 1; i < size; i++) swap[i] = (swap[i >> 1] >> 1) | (i & 1 ? size / 2 : 0);
  return (re, im) => {
    for (let i = 0; i < size; i++) {
      const j = swap[i];
      if (i < j) [re[i], re[j], im[i], im[j]] = [re[j], re[i], im[j], im[i]];
    }
    for (let half = 1, step = size / 2; half < size; half *= 2, step /= 2) {
      for (let start = 0; start < size; start += 2 * half) {
        for (let i = start, k = 0; i < start + half; i++, k += step) {
          const j = i + half;
          const x = re[j] * cos[k] - im[j] * sin[k];
          const y = re[j] * sin[k] + im[j] * cos[k];
          re[j] = re[i] - x;
          im[j] = im[i] - y;
          re[i] += x;
          im[i] += y;
        }
      }
    }
  };
}

/**
 * Levels over time and log frequency, row by row from the top: 2 * (dB - FLOOR_DB), where a sine of amplitude 1 has
 * 0 dB. length: samples that all columns together span; a shorter sound is followed by silence.
 */
function spectrogram(sound, sampleRate, length, columns, rows) {
  const size = 2 ** Math.round(Math.log2(0.064 * sampleRate));
  const transform = fourier(size);
  const window = Float64Array.from({ length: size }, (_, i) => (2 - 2 * Math.cos((2 * Math.PI * i) / size)) / size);
  const [re, im, db] = [new Float64Array(size), new Float64Array(size), new Float64Array(size / 2 + 1)];
  const binOf = (row) => (size / sampleRate) * hzOf(row / rows, sampleRate);
  const bands = Array.from({ length: rows }, (_, row) => [binOf(row + 1), binOf(row + 0.5), binOf(row)]);
  const levels = new Uint8Array(columns * rows);
  for (let column = 0; column < columns; column += 2) { // two at once: one is the real part, the other the imaginary
    const first = Math.round(((column + 0.5) / columns) * length) - size / 2;
    const second = Math.round(((column + 1.5) / columns) * length) - size / 2;
    for (let i = 0; i < size; i++) {
      re[i] = window[i] * (sound[first + i] ?? 0);
      im[i] = window[i] * (sound[second + i] ?? 0);
    }
    transform(re, im);
    for (let part = 0; part < 2 && column + part < columns; part++) {
      const sign = part ? -1 : 1;
      for (let k = 0; k < db.length; k++) {
        const mirror = (size - k) % size;
        const x = re[k] + sign * re[mirror];
        const y = im[k] - sign * im[mirror];
        db[k] = 10 * Math.log10((x * x + y * y) / 4 + 1e-13);
      }
      for (let row = 0; row < rows; row++) {
        const [low, middle, high] = bands[row];
        let level = -Infinity;
        for (let k = Math.ceil(low); k <= high; k++) if (db[k] > level) level = db[k];
        if (level === -Infinity) { // no bin lies in this row: between two
          const k = Math.floor(middle);
          level = db[k] + (middle - k) * (db[Math.min(k + 1, db.length - 1)] - db[k]);
        }
        levels[row * columns + column + part] = Math.max(0, Math.min(255, Math.round(2 * (level - FLOOR_DB))));
      }
    }
  }
  return levels;
}

/** The frequency at a height, 0 at the top and 1 at the bottom, and the height of a frequency. */
const hzOf = (height, sampleRate) => (sampleRate / 2) * (LOWEST_HZ / (sampleRate / 2)) ** height;
const heightOf = (hz, sampleRate) => Math.log(hz / (sampleRate / 2)) / Math.log(LOWEST_HZ / (sampleRate / 2));

/** Colour of a value from 0 to 1. */
function magma(value) {
  const place = Math.max(0, Math.min(1, value)) * (MAGMA.length - 1);
  const i = Math.min(Math.floor(place), MAGMA.length - 2);
  return MAGMA[i].map((low, channel) => Math.round(low + (place - i) * (MAGMA[i + 1][channel] - low)));
}

/** Levels as a picture, with what is topDb or above the brightest. */
function coloured(levels, columns, rows, topDb) {
  const canvas = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = Uint32Array.from({ length: 256 }, (_, level) => {
    const [red, green, blue] = magma(1 + (level / 2 + FLOOR_DB - topDb) / RANGE_DB);
    return (255 << 24) | (blue << 16) | (green << 8) | red; // little-endian, as every machine with a browser is
  });
  for (let i = 0; i < levels.length; i++) pixels[i] = colours[levels[i]];
  context.putImageData(image, 0, 0);
  return canvas;
}

/** The next round number from a value upwards. */
function roundUp(value) {
  const unit = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((each) => each * unit >= value * 0.999);
  return Number((step * unit).toPrecision(2));
}

/** Round moments from 0 to seconds, about one for every 90 pixels. */
function moments(seconds, width) {
  const least = (seconds * 90) / width;
  const unit = 10 ** Math.floor(Math.log10(least));
  const step = unit * [1, 2, 5, 10].find((each) => each * unit >= least);
  const digits = Math.max(0, -Math.floor(Math.log10(step * 1.001)));
  return Array.from({ length: Math.floor(seconds / step + 1e-6) + 1 }, (_, i) => [i * step, (i * step).toFixed(digits)]);
}

/** Where things are on a picture that is so many CSS pixels wide. */
function layout(width) {
  const [left, right] = [60, width - 74]; // "−0.015" and the name of the axis beside it
  return {
    left, right, width: right - left, height: HEIGHT,
    wave: { top: 8, height: 64 }, picture: { top: 92, height: 180 }, bar: { left: right + 12, width: 12 },
  };
}

/**
 * One take: its waveform, its spectrogram, the pitch in it. view: sound, sampleRate, length (samples of the longest
 * take), gain, peak (of all takes), topDb, image (as `coloured` makes it), f0_hz or null, theme (colours, font).
 */
function paint(context, place, view) {
  const { left, right, width, wave, picture, bar } = place;
  const { theme, sampleRate, length } = view;
  const seconds = length / sampleRate;
  const bottom = picture.top + picture.height;
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
  context.font = `11px ${theme.font}`;
  context.lineWidth = 1;
  context.textBaseline = "middle";

  const write = (text, x, y, align = "left") => {
    context.textAlign = align;
    context.fillStyle = theme.ink;
    context.fillText(text, x, y);
  };
  const upwards = (text, x, y) => {
    context.save();
    context.translate(x, y);
    context.rotate(-Math.PI / 2);
    write(text, 0, 0, "center");
    context.restore();
  };
  const tick = (x, y, dx, dy) => {
    context.fillStyle = theme.faint;
    context.fillRect(x, y, dx, dy);
  };

  const full = roundUp(view.peak || 1);
  const middle = wave.top + wave.height / 2;
  context.fillStyle = theme.faint;
  context.fillRect(left, middle - 0.5, width, 1);
  context.fillStyle = theme.wave;
  const columns = Math.round(width * theme.pixels);
  for (let column = 0; column < columns; column++) {
    const end = Math.min(view.sound.length, Math.ceil(((column + 1) / columns) * length));
    let [low, high] = [Infinity, -Infinity];
    for (let n = Math.floor((column / columns) * length); n < end; n++) {
      low = Math.min(low, view.sound[n]);
      high = Math.max(high, view.sound[n]);
    }
    const scale = (view.gain / full) * (wave.height / 2);
    const thickness = Math.max(1 / theme.pixels, (high - low) * scale);
    if (high >= low) context.fillRect(left + column / theme.pixels, middle - high * scale, 1 / theme.pixels, thickness);
  }
  for (const [y, text] of [[wave.top, `${full}`], [middle, "0"], [wave.top + wave.height, `−${full}`]]) {
    tick(left - 4, y - 0.5, 4, 1);
    write(text, left - 7, y, "right");
  }
  upwards("Amplitude", 9, middle);

  context.drawImage(view.image, left, picture.top, width, picture.height);
  const highest = sampleRate / 2;
  const round = [50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000].filter((hz) => hz < 0.8 * highest);
  for (const hz of [...round, highest]) {
    const y = picture.top + heightOf(hz, sampleRate) * picture.height;
    tick(left - 4, y - 0.5, 4, 1);
    write(hz < 1000 ? `${hz}` : `${hz / 1000} k`, left - 7, y, "right");
  }
  upwards("Frequency (Hz)", 9, picture.top + picture.height / 2);
  for (const [moment, text] of moments(seconds, width)) {
    const x = left + (moment / seconds) * width;
    tick(x - 0.5, bottom, 1, 4);
    write(text, x, bottom + 12, "center");
  }
  write("Time (s)", left + width / 2, bottom + 29, "center");

  const gradient = context.createLinearGradient(0, picture.top, 0, bottom);
  for (let i = 0; i <= 16; i++) gradient.addColorStop(i / 16, `rgb(${magma(1 - i / 16)})`);
  context.fillStyle = gradient;
  context.fillRect(bar.left, picture.top, bar.width, picture.height);
  for (let db = 0; db <= RANGE_DB; db += 20) {
    const y = picture.top + (db / RANGE_DB) * picture.height;
    tick(bar.left + bar.width, y - 0.5, 4, 1);
    write(`${view.topDb - db}`.replace("-", "−"), bar.left + bar.width + 6, y);
  }
  upwards("Level (dB)", right + 67, picture.top + picture.height / 2);
  if (view.f0_hz) paintPitch(context, place, view);
}

/** The fundamental as a line, with gaps where there is none. */
function paintPitch(context, { left, width, picture }, { f0_hz, sound, length, sampleRate, theme }) {
  context.save();
  context.beginPath();
  context.rect(left, picture.top, width, picture.height);
  context.clip();
  context.beginPath();
  for (let i = 0, voiced = false; i < f0_hz.length; i++) {
    const x = left + ((i / f0_hz.length) * sound.length * width) / length;
    const y = picture.top + heightOf(f0_hz[i], sampleRate) * picture.height;
    if (f0_hz[i] > 0) voiced ? context.lineTo(x, y) : context.moveTo(x, y);
    voiced = f0_hz[i] > 0;
  }
  context.lineJoin = context.lineCap = "round";
  for (const [colour, thickness] of [["#000a", 4], [theme.pitch, 1.75]]) {
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.stroke();
  }
  context.font = `600 11px ${theme.font}`;
  context.textAlign = "right";
  context.lineWidth = 3;
  context.strokeStyle = "#000a";
  context.fillStyle = theme.pitch;
  context.strokeText("F0", left + width - 7, picture.top + 11);
  context.fillText("F0", left + width - 7, picture.top + 11);
  context.restore();
}
