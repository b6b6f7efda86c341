// Asking the editor for a line of text.

const $ = id => document.getElementById(id);

$("ask-text").addEventListener("keydown", event => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  $("ask").close("ok");
});

/** Ask for a line of text; null if it was cancelled or is empty. */
export function ask(question, value, label) {
  const dialog = $("ask");
  $("ask-title").textContent = question;
  $("ask-label").textContent = label;
  $("ask-text").value = value;
  dialog.returnValue = "";
  dialog.showModal();
  $("ask-text").select();
  return new Promise(resolve => dialog.addEventListener("close", () =>
    resolve(dialog.returnValue === "ok" && $("ask-text").value.trim().replace(/\s+/g, " ") || null), { once: true }));
}
