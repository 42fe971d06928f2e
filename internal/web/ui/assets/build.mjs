// Builds what Garant serves: one style sheet, the fonts, the pictures and the
// licences. Everything it writes is the same on every run.
import fs from 'node:fs';
import path from 'node:path';
import * as sass from 'sass';
import postcss from 'postcss';
import autoprefixer from 'autoprefixer';
import subsetFont from 'subset-font';
import opentype from 'opentype.js';

const modules = 'node_modules';
const dist = 'dist';

// The oldest browsers in which a public page must be readable.
const browsers = ['chrome >= 40', 'firefox >= 35', 'safari >= 7'];

// Every letter of French, English and their neighbours that the fonts hold.
const ranges = [[0x20, 0x7e], [0xa0, 0x17f], [0x2010, 0x2027], [0x202f, 0x203a], [0x20ac, 0x20ac], [0x2122, 0x2122], [0x2190, 0x2193], [0x2212, 0x2212]];
const letters = ranges.map(([from, to]) => String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, i) => from + i))).join('');

function write(name, content) {
  const file = path.join(dist, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
}

// withoutVariables gives a declaration as a browser without custom properties
// must read it: every var(--name, value) becomes its value.
function withoutVariables(value) {
  for (;;) {
    const start = value.lastIndexOf('var(');
    if (start < 0) return value;
    let depth = 0;
    let comma = -1;
    let end = start + 3;
    for (; end < value.length; end++) {
      if (value[end] === '(') depth++;
      if (value[end] === ')' && --depth === 0) break;
      if (value[end] === ',' && depth === 1 && comma < 0) comma = end;
    }
    if (comma < 0) return null; // no fallback was written
    value = value.slice(0, start) + value.slice(comma + 1, end).trim() + value.slice(end + 1);
  }
}

const fallbacks = {
  postcssPlugin: 'static-fallbacks',
  Declaration(decl) {
    if (decl.prop.startsWith('--') || !decl.value.includes('var(') || decl.done) return;
    decl.done = true;
    const plain = withoutVariables(decl.value);
    if (plain !== null) decl.cloneBefore({ value: plain }).done = true;
  },
};

async function styles() {
  const css = sass.compile('src/garant.scss', { loadPaths: [modules], style: 'compressed', quietDeps: true, sourceMap: false }).css;
  const built = await postcss([fallbacks, autoprefixer({ overrideBrowserslist: browsers, grid: false })]).process(css, { from: undefined });
  write('garant.css', built.css.replace(/^\uFEFF/, '') + '\n');
}

async function fonts() {
  const from = (family, file) => fs.readFileSync(`${modules}/@fontsource-variable/${family}/files/${file}.woff2`);
  // Headings need one optical size and three weights, not the whole design space.
  const display = from('newsreader', 'newsreader-latin-opsz-normal');
  const axes = { opsz: 60, wght: { min: 400, max: 600 } };
  write('fonts/display.woff2', await subsetFont(display, letters, { targetFormat: 'woff2', variationAxes: axes }));
  write('fonts/text.woff2', from('hanken-grotesk', 'hanken-grotesk-latin-wght-normal'));
  write('fonts/text-ext.woff2', from('hanken-grotesk', 'hanken-grotesk-latin-ext-wght-normal'));
  write('fonts/text-vi.woff2', from('hanken-grotesk', 'hanken-grotesk-vietnamese-wght-normal'));
  write('fonts/mono.woff2', from('atkinson-hyperlegible-mono', 'atkinson-hyperlegible-mono-latin-wght-normal'));
  return subsetFont(display, 'Garant', { targetFormat: 'sfnt', variationAxes: { opsz: 60, wght: 520 } });
}

// wordmark draws the mark and the name as outlines, so that the file needs no font.
function wordmark(font) {
  const mark = fs.readFileSync('src/mark.svg', 'utf8');
  const shapes = mark.replace(/^[\s\S]*?<svg[^>]*>/, '').replace(/<\/svg>\s*$/, '').trim();
  const buffer = font.buffer.slice(font.byteOffset, font.byteOffset + font.byteLength);
  const name = opentype.parse(buffer).getPath('Garant', 40, 25.5, 29, { kerning: false }).toPathData(2);
  if (name.includes('NaN')) throw new Error('the name could not be drawn');
  write('wordmark.svg', `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 140 34" width="140" height="34" fill="none" color="#1b2bb8"><title>Garant</title><g transform="translate(1 1)">${shapes}</g><path d="${name}" fill="#12152a"/></svg>\n`);
  write('mark.svg', mark);
  write('favicon.svg', fs.readFileSync('src/favicon.svg', 'utf8'));
}

// rosette is an engraver's rosette, as on certificates: one closed wave, turned
// by small steps until the lines weave.
function rosette() {
  const wave = (radius, depth, petals, inner) => {
    const n = 360;
    const points = [];
    for (let i = 0; i < n; i++) {
      const t = (2 * Math.PI * i) / n;
      const r = radius + depth * Math.cos(petals * t) + inner * Math.cos(3 * petals * t);
      points.push(`${(r * Math.cos(t)).toFixed(1)} ${(r * Math.sin(t)).toFixed(1)}`);
    }
    return `M${points.join('L')}Z`;
  };
  const ring = (id, d, copies, step, opacity) => {
    const uses = Array.from({ length: copies }, (_, i) => `<use xlink:href="#${id}" transform="rotate(${(i * step).toFixed(2)})"/>`).join('');
    return `<g stroke-opacity="${opacity}">${uses}</g><defs><path id="${id}" d="${d}"/></defs>`;
  };
  write('rosette.svg', '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="-320 -320 640 640" width="640" height="640" fill="none" stroke="#fff" stroke-width="0.8">'
    + ring('a', wave(248, 58, 12, 6), 10, 3, 0.34)
    + ring('b', wave(150, 44, 10, 8), 9, 4, 0.3)
    + ring('c', wave(70, 30, 8, 4), 8, 5.625, 0.36)
    + '</svg>\n');
}

function icons() {
  const source = fs.readFileSync('../icon.go', 'utf8');
  for (const [, name] of source.matchAll(/ Icon = "([a-z-]+)"/g)) {
    const svg = fs.readFileSync(`${modules}/lucide-static/icons/${name}.svg`, 'utf8');
    const inside = svg.replace(/<!--[\s\S]*?-->/g, '').replace(/<svg[^>]*>/, '').replace(/<\/svg>/, '');
    fs.mkdirSync('icons', { recursive: true });
    fs.writeFileSync(`icons/${name}.svg`, inside.replace(/\s+/g, ' ').trim() + '\n');
  }
}

function licences() {
  const take = (name, file) => write(`licences/${name}.txt`, fs.readFileSync(path.join(modules, file), 'utf8'));
  take('lucide', 'lucide-static/LICENSE');
  take('newsreader', '@fontsource-variable/newsreader/LICENSE');
  take('hanken-grotesk', '@fontsource-variable/hanken-grotesk/LICENSE');
  take('atkinson-hyperlegible-mono', '@fontsource-variable/atkinson-hyperlegible-mono/LICENSE');
  write('licences/govuk-frontend.txt', fs.readFileSync('src/govuk-frontend-licence.txt', 'utf8'));
}

fs.rmSync(dist, { recursive: true, force: true });
icons();
wordmark(await fonts());
rosette();
licences();
await styles();
