package ui

// markShapes is the mark of Garant: a ring that closes on a tick, and so reads
// as a G. assets/src/mark.svg holds the same drawing.
const markShapes = `<path d="M24.2 7.8A11.6 11.6 0 1 0 27.6 16" stroke="currentColor" stroke-width="4" stroke-linecap="butt"/><path class="g-wordmark__tick" d="M10.6 15.2l5.2 5.4L29.6 5.6" stroke="currentColor" stroke-width="4" stroke-linecap="butt" stroke-linejoin="miter"/>`
