// The network of ddsp_course/autoencoder/decoder.py in plain JavaScript: pitch and loudness in, controls out, one frame
// at a time. It knows nothing of sound cards: it runs on the audio thread, on the page, and in the tests.

const NOTHING = 1e-12; // as in dsp.normalize_harmonics
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const expSigmoid = (x) => 2 * sigmoid(x) ** Math.LN10 + 1e-7; // dsp.exp_sigmoid

/** Half-precision numbers, as bytes in base64, as Float32Array. */
function floatsOf(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const halves = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => {
    const half = halves.getUint16(2 * i, true);
    const [exponent, fraction] = [(half >> 10) & 31, half & 1023];
    const size = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction;
    return half & 0x8000 ? -size : size;
  });
}

/** A model as the page holds it, its tensors taken apart: {..., tensors: {name: Float32Array}}. One that comes twice is
 * the sum of both. */
function unpack(model) {
  const all = floatsOf(model.weights);
  const tensors = {};
  let begin = 0;
  for (const [name, size, scale] of model.layout) {
    const values = all.slice(begin, (begin += size)).map((value) => value * scale);
    tensors[name] = name in tensors ? tensors[name].map((value, i) => value + values[i]) : values;
  }
  return { ...model, weights: null, tensors };
}

/** out = weight x + bias; weight row by row. Four rows at once: each number of x is fetched once for all of them. */
function linear(weight, bias, x, out) {
  const width = x.length;
  const rows = out.length;
  let row = 0;
  for (; row + 3 < rows; row += 4) {
    const first = row * width;
    const second = first + width;
    const third = second + width;
    const fourth = third + width;
    let a = bias[row];
    let b = bias[row + 1];
    let c = bias[row + 2];
    let d = bias[row + 3];
    for (let i = 0; i < width; i++) {
      const value = x[i];
      a += weight[first + i] * value;
      b += weight[second + i] * value;
      c += weight[third + i] * value;
      d += weight[fourth + i] * value;
    }
    out[row] = a;
    out[row + 1] = b;
    out[row + 2] = c;
    out[row + 3] = d;
  }
  for (; row < rows; row++) {
    let sum = bias[row];
    for (let i = 0; i < width; i++) sum += weight[row * width + i] * x[i];
    out[row] = sum;
  }
}

/** Linear, LayerNorm, LeakyReLU, as often as there are weights of such names. */
class Stack {
  constructor(tensors, prefix) {
    this.layers = [];
    for (let i = 0; `${prefix}.${i}.weight` in tensors; i += 3) {
      const of = (place, kind) => tensors[`${prefix}.${place}.${kind}`];
      this.layers.push({ weight: of(i, "weight"), bias: of(i, "bias"), gain: of(i + 1, "weight"),
        shift: of(i + 1, "bias"), out: new Float32Array(of(i, "bias").length) });
    }
  }

  run(x) {
    for (const { weight, bias, gain, shift, out } of this.layers) {
      linear(weight, bias, x, out);
      const mean = out.reduce((sum, value) => sum + value, 0) / out.length;
      const variance = out.reduce((sum, value) => sum + (value - mean) ** 2, 0) / out.length;
      const share = 1 / Math.sqrt(variance + 1e-5);
      for (let i = 0; i < out.length; i++) {
        const value = (out[i] - mean) * share * gain[i] + shift[i];
        out[i] = value > 0 ? value : 0.01 * value;
      }
      x = out;
    }
    return x;
  }
}

/** Gates in torch's order: reset, update, candidate. */
class Gru {
  constructor(tensors) {
    const of = (name) => tensors[`decoder.gru.${name}_l0`];
    [this.fromInput, this.inputBias] = [of("weight_ih"), of("bias_ih")];
    [this.fromState, this.stateBias] = [of("weight_hh"), of("bias_hh")];
    const size = this.stateBias.length / 3;
    this.state = new Float32Array(size);
    [this.driven, this.recalled] = [new Float32Array(3 * size), new Float32Array(3 * size)];
  }

  run(x) {
    const { state, driven, recalled } = this;
    const n = state.length;
    linear(this.fromInput, this.inputBias, x, driven);
    linear(this.fromState, this.stateBias, state, recalled);
    for (let i = 0; i < n; i++) {
      const reset = sigmoid(driven[i] + recalled[i]);
      const update = sigmoid(driven[n + i] + recalled[n + i]);
      const candidate = Math.tanh(driven[2 * n + i] + reset * recalled[2 * n + i]);
      state[i] = candidate + update * (state[i] - candidate);
    }
    return state;
  }
}

/** Parts of one list, put one behind the other into the same array every time. */
function joiner() {
  let all = null;
  return (...parts) => {
    all ??= new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  };
}

/** model as unpack() returns it; step(f0_hz, loudness_db) -> controls of one frame, in arrays of their own. */
class Decoder {
  constructor({ config, statistics, tensors, pre_roll_s }) {
    [this.config, this.statistics, this.pre_roll_s] = [config, statistics, pre_roll_s];
    this.gru = new Gru(tensors);
    this.full = config.architecture === "full";
    if (this.full) {
      this.stacks = [0, 1].map((stream) => new Stack(tensors, `decoder.stacks.${stream}`));
      this.joined = new Stack(tensors, "decoder.joined");
    }
    [this.weight, this.bias] = [tensors["decoder.output.weight"], tensors["decoder.output.bias"]];
    this.out = new Float32Array(this.bias.length);
    [this.before, this.after] = [joiner(), joiner()];
    const pitch = new Float32Array(1 + 2 * this.config.fourier_features); // octaves, then sines and cosines of them
    this.inputs = [pitch, new Float32Array(1)]; // always this kind: the products are compiled for it
  }

  /** As if nothing had been played but a rest, at a pitch: model.decode() begins so. */
  rest(f0_hz) {
    this.gru.state.fill(0);
    const frames = Math.round((this.pre_roll_s * this.config.sample_rate) / this.config.hop_size);
    for (let frame = 0; frame < frames; frame++) this.say(f0_hz, this.statistics.rest_loudness_db);
  }

  /** What the last layer says, before it means anything. */
  say(f0_hz, loudness_db) {
    const { inputs } = this;
    const n = this.config.fourier_features;
    inputs[0][0] = Math.log2(f0_hz / 440);
    inputs[1][0] = (loudness_db + 40) / 20;
    for (let i = 0; i < n; i++) {
      const turns = 2 * Math.PI * inputs[0][0] * 2 ** i;
      inputs[0][1 + i] = Math.sin(turns);
      inputs[0][1 + n + i] = Math.cos(turns);
    }
    const heard = this.full ? this.stacks.map((stack, stream) => stack.run(inputs[stream])) : inputs;
    const joined = this.after(this.gru.run(this.before(...heard)), ...heard);
    linear(this.weight, this.bias, this.full ? this.joined.run(joined) : joined, this.out);
    return this.out;
  }

  step(f0_hz, loudness_db) {
    const { n_harmonics, n_bands, sample_rate } = this.config;
    const out = this.say(f0_hz, loudness_db);
    const distribution = new Float64Array(n_harmonics);
    let total = 0; // masked first, normalised after
    for (let k = 0; k < n_harmonics && (k + 1) * f0_hz < sample_rate / 2; k++) {
      total += distribution[k] = expSigmoid(out[1 + k]);
    }
    if (total > NOTHING) for (let k = 0; k < n_harmonics; k++) distribution[k] /= total;
    const noise = new Float64Array(n_bands);
    for (let band = 0; band < n_bands; band++) noise[band] = expSigmoid(out[1 + n_harmonics + band]);
    return { f0_hz, loudness_db, amplitude: expSigmoid(out[0]), distribution, noise };
  }
}
