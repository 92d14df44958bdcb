// Fast Fourier transform, and a long room played live: convolution in parts, without delay.

/** The transform of one size, a power of two: run(re, im) in place; backwards with the two exchanged, times size. */
class Fft {
  constructor(size) {
    this.size = size;
    const bits = Math.log2(size);
    this.turned = Uint32Array.from({ length: size }, (_, i) => {
      let turned = 0;
      for (let bit = 0; bit < bits; bit++) turned |= ((i >> bit) & 1) << (bits - 1 - bit);
      return turned;
    });
    this.cos = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.sin = Float64Array.from({ length: size / 2 }, (_, i) => -Math.sin((2 * Math.PI * i) / size));
  }

  run(re, im) {
    const { size, turned, cos, sin } = this;
    for (let i = 0; i < size; i++) {
      const j = turned[i];
      if (j <= i) continue;
      const [a, b] = [re[i], im[i]];
      re[i] = re[j];
      im[i] = im[j];
      re[j] = a;
      im[j] = b;
    }
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let begin = 0; begin < size; begin += 2 * half) {
        for (let k = 0; k < half; k++) {
          const i = begin + k;
          const j = i + half;
          const c = cos[k * stride];
          const s = sin[k * stride];
          const x = re[j] * c - im[j] * s;
          const y = re[j] * s + im[j] * c;
          re[j] = re[i] - x;
          im[j] = im[i] - y;
          re[i] += x;
          im[i] += y;
        }
      }
    }
  }
}

const PART = 256; // samples: the first part is heard at once, tap by tap; all later ones are ready a part before

/** The tail of a room; the first of its taps, the direct sound, is left out: it is the dry sound. */
class Room {
  constructor(response) {
    const taps = Float64Array.from(response);
    taps[0] = 0;
    this.first = taps.slice(0, PART);
    this.fft = new Fft(2 * PART);
    this.bins = PART + 1;
    this.parts = [];
    for (let begin = PART; begin < taps.length; begin += PART) {
      this.parts.push(this.spectrum(taps.subarray(begin, begin + PART)));
    }
    this.heard = this.parts.map(() => null); // spectra of the last two blocks each, a ring, newest at `place`
    this.place = 0;
    this.recent = new Float64Array(2 * PART); // the block before and this one
    this.later = new Float64Array(PART); // what all earlier blocks still say in this one
    this.at = 0;
  }

  spectrum(samples) {
    const [re, im] = [new Float64Array(2 * PART), new Float64Array(2 * PART)];
    re.set(samples);
    this.fft.run(re, im);
    return { re: re.slice(0, this.bins), im: im.slice(0, this.bins) };
  }

  play(dry, out) {
    const { first, recent, later } = this;
    for (let n = 0; n < dry.length; n++) {
      const here = PART + this.at;
      recent[here] = dry[n];
      let sum = later[this.at];
      for (let tap = 1; tap < first.length; tap++) sum += first[tap] * recent[here - tap];
      out[n] = sum;
      if (++this.at === PART) this.turn();
    }
  }

  /** A block is whole: what it and those before it will say in the next. */
  turn() {
    const { parts, heard, recent, bins } = this;
    this.at = 0;
    if (parts.length) {
      this.place = (this.place + parts.length - 1) % parts.length;
      heard[this.place] = this.spectrum(recent);
      const [re, im] = [new Float64Array(2 * PART), new Float64Array(2 * PART)];
      for (let part = 0; part < parts.length; part++) {
        const sound = heard[(this.place + part) % parts.length];
        if (!sound) break;
        const { re: a, im: b } = sound;
        const { re: c, im: d } = parts[part];
        for (let bin = 0; bin < bins; bin++) {
          re[bin] += a[bin] * c[bin] - b[bin] * d[bin];
          im[bin] += a[bin] * d[bin] + b[bin] * c[bin];
        }
      }
      for (let bin = 1; bin < PART; bin++) {
        re[2 * PART - bin] = re[bin];
        im[2 * PART - bin] = -im[bin];
      }
      this.fft.run(im, re); // exchanged: backwards
      for (let n = 0; n < PART; n++) this.later[n] = re[PART + n] / (2 * PART);
    }
    recent.copyWithin(0, PART);
  }
}
