// What all widgets of the course share: icons, elements, numbers as text, colours, and bytes as curves.

const PLAYS = "ddsp-course:plays"; // said on the page, so that whatever else plays pauses
const ICONS = {
  play: '<path d="M4 2.5v11l9.5-5.5z"/>',
  pause: '<path d="M3.5 2.5h3.2v11H3.5zM9.3 2.5h3.2v11H9.3z"/>',
  loop: '<path d="M5 3h5.5a3.5 3.5 0 0 1 3.5 3.5V8h-1.6V6.5a1.9 1.9 0 0 0-1.9-1.9H5v2L1.8 3.8 5 1zm6 10H5.5A3.5 3.5 0 0 1 2 9.5V8h1.6v1.5a1.9 1.9 0 0 0 1.9 1.9H11v-2l3.2 2.8L11 15z"/>',
};

const icon = (name) => `<svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">${ICONS[name]}</svg>`;
const inSeconds = (seconds) => `${seconds.toFixed(2)} s`;
const inDb = (gain) => `${(20 * Math.log10(gain)).toFixed(1).replace("-", "−")} dB`;

/** An element with attributes and children. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** A curve out of its bytes, which may begin anywhere. */
const curve = (bytes) =>
  bytes ? new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)) : null;

/** The colours that canvases are drawn in, as they are at the moment. */
function themeOf(root) {
  const style = getComputedStyle(root);
  const colour = (name) => style.getPropertyValue(`--ddsp-${name}`).trim();
  return { ink: colour("ink"), soft: colour("soft"), faint: colour("faint"), paper: colour("paper"), wave: colour("wave"),
    head: colour("head"), pitch: colour("pitch"), font: style.fontFamily, pixels: window.devicePixelRatio || 1 };
}

/** Call back, once a frame at most, when a size, the theme or the system's scheme changes; returns how to stop it. */
function watchLooks(element, redraw) {
  let asked = 0;
  const later = () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(redraw);
  };
  const sizes = new ResizeObserver(later);
  sizes.observe(element);
  const themes = new MutationObserver(later);
  themes.observe(document.body, { attributes: true });
  const schemes = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((query) => matchMedia(query));
  for (const scheme of schemes) scheme.addEventListener("change", later);
  return () => {
    for (const scheme of schemes) scheme.removeEventListener("change", later);
    for (const observer of [sizes, themes]) observer.disconnect();
    cancelAnimationFrame(asked);
  };
}
