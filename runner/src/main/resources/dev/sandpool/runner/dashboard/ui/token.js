// The bearer token: in this module's memory, and nowhere else.

let token = "";
let asking = null;

export function authorization() {
  return token ? { Authorization: `Bearer ${token}` } : {};
}

/** Asks the reader for a token; all who ask meanwhile get the same answer. False if there is none. */
export function ask(refused) {
  asking ??= dialog(refused).finally(() => (asking = null));
  return asking;
}

function dialog(refused) {
  const box = document.getElementById("token");
  const value = document.getElementById("token-value");
  document.getElementById("token-title").textContent =
    refused && token ? "The pool does not know this token" : "This pool wants a token";
  value.value = "";
  box.returnValue = "";
  box.showModal();
  value.focus();
  return new Promise((resolve) => {
    box.addEventListener(
      "close",
      () => {
        token = box.returnValue === "use" ? value.value.trim() : "";
        value.value = "";
        resolve(token !== "");
      },
      { once: true },
    );
  });
}
