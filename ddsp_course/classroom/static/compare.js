// The player of compare(): see listening.py.
export default { render({ model, el }) { el.textContent = model.get("names").join(", "); } };
