// Sends the sign-in form by itself, with the browser's time zone. The token leaves the address bar and the history.

const form = document.querySelector("form");
const token = form.elements.token.value;

if (token) {
  history.replaceState(null, "", "/login");
  form.elements.zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  form.requestSubmit();
} else {
  form.hidden = true;
}
