// Reads a job as JSON from standard input, writes what it found to standard
// output. See doc.go; the Go side is audit.go.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];
const job = JSON.parse(readFileSync(0, 'utf8'));

const local = (host) => ['127.0.0.1', 'localhost', '[::1]'].includes(host) || host.endsWith('.localhost');

// A context is one width and one scheme; cookies belong to a page's own origin.
async function context(browser, width, scheme, found) {
  const ctx = await browser.newContext({
    viewport: { width, height: width < 500 ? 780 : 960 }, isMobile: width < 500, hasTouch: width < 500,
    colorScheme: scheme, reducedMotion: 'reduce', ignoreHTTPSErrors: true,
  });
  await ctx.route('**/*', (route) => {
    const url = new URL(route.request().url());
    if (['data:', 'blob:', 'about:'].includes(url.protocol) || local(url.hostname)) return route.continue();
    found.push({ rule: 'request-leaves-the-server', impact: 'critical', detail: url.host, count: 1 });
    return route.abort();
  });
  return ctx;
}

// measure runs inside the page: what axe does not look at.
function measure(width) {
  const out = [];
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (wide > 0) {
    const guilty = [...document.querySelectorAll('body *')].find((e) => e.getBoundingClientRect().right > width + 1);
    out.push({ rule: 'wider-than-the-screen', impact: 'serious', detail: `${wide} px: ${guilty ? guilty.outerHTML.slice(0, 120) : ''}`, count: 1 });
  }
  if (document.querySelectorAll('h1').length !== 1) {
    out.push({ rule: 'one-h1', impact: 'moderate', detail: '', count: document.querySelectorAll('h1').length });
  }
  return out;
}

// focused tells the element that has the focus, and whether one can see that. A date is
// one element with several parts that Tab walks through; looking at it takes the focus
// away for a moment and would begin with its first part again, so it is looked at once.
function focused() {
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) return null;
  const all = window.__stops ??= [];
  const parts = ['date', 'time', 'datetime-local', 'month', 'week'].includes(e.type) ? 8 : 1;
  if (all.includes(e) && parts > 1) return { stop: all.indexOf(e), visible: true, parts, html: e.outerHTML.slice(0, 120) };
  if (!all.includes(e)) all.push(e);
  const look = () => { const s = getComputedStyle(e); return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow, s.borderColor, s.backgroundColor, s.textDecoration].join(); };
  const on = look();
  e.blur();
  const off = look();
  e.focus({ preventScroll: true });
  return { stop: all.indexOf(e), visible: on !== off, parts, html: e.outerHTML.slice(0, 120) };
}

// walk presses Tab through the page.
async function walk(page) {
  const out = [];
  let last = -1;
  let stayed = 0;
  for (let i = 0; i < 200; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(focused);
    if (!at || at.stop === 0 && i > 0) return out; // round and out again
    stayed = at.stop === last ? stayed + 1 : 0;
    if (stayed >= at.parts) return [...out, { rule: 'keyboard-trap', impact: 'critical', detail: at.html, count: 1 }];
    if (!at.visible) out.push({ rule: 'focus-not-visible', impact: 'serious', detail: at.html, count: 1 });
    last = at.stop;
  }
  return out;
}

async function look(browser, p, width, scheme) {
  const found = [];
  const ctx = await context(browser, width, scheme, found);
  try {
    if (p.cookies?.length) await ctx.addCookies(p.cookies.map((c) => ({ ...c, url: new URL(p.url).origin })));
    const page = await ctx.newPage();
    page.on('pageerror', (e) => found.push({ rule: 'script-error', impact: 'critical', detail: String(e).slice(0, 200), count: 1 }));
    page.on('console', (m) => {
      // A page that answers 404 on purpose is an error to Chromium's console.
      if (m.type() === 'error' && !(m.text().includes('status of') && m.location().url === p.url)) {
        found.push({ rule: 'console-error', impact: 'critical', detail: m.text().slice(0, 200), count: 1 });
      }
    });
    const answer = await page.goto(p.url, { waitUntil: 'load', timeout: 60000 });
    if (answer.status() !== p.status) found.push({ rule: 'status', impact: 'critical', detail: `${answer.status()}, not ${p.status}`, count: 1 });
    if (job.shots) await page.screenshot({ path: path.join(job.shots, `${p.name}-${width}-${scheme}.png`), fullPage: true });
    found.push(...await page.evaluate(measure, width));
    await page.evaluate(axe);
    const result = await page.evaluate((only) => globalThis.axe.run(document, { runOnly: only }), tags);
    for (const v of result.violations) {
      found.push({ rule: v.id, impact: v.impact ?? 'minor', detail: `${v.nodes[0].html.slice(0, 160)} ${(v.nodes[0].failureSummary ?? '').replace(/\s+/g, ' ').slice(0, 200)}`, count: v.nodes.length });
    }
    if (width >= 1000 && scheme === 'light') found.push(...await walk(page));
    return { name: p.name, url: p.url, width, scheme, rules: result.passes.length, problems: found };
  } finally {
    await ctx.close();
  }
}

const browser = await chromium.launch({
  executablePath: job.chromium,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
});
try {
  const results = [];
  for (const p of job.pages) {
    for (const width of job.widths) {
      for (const scheme of job.schemes) results.push(await look(browser, p, width, scheme));
    }
  }
  process.stdout.write(JSON.stringify({ results }));
} finally {
  await browser.close();
}
