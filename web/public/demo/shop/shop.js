// The basket of the sample shop: a number that survives a change of page and nothing else.
const KEY = 'basket';
const shown = document.querySelector('[data-basket]');

function draw() {
  shown.textContent = sessionStorage.getItem(KEY) ?? '0';
}

for (const button of document.querySelectorAll('.buy')) {
  button.addEventListener('click', () => {
    sessionStorage.setItem(KEY, String(Number(sessionStorage.getItem(KEY) ?? 0) + 1));
    draw();
  });
}
draw();
