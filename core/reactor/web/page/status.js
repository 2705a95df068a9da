// SPDX-License-Identifier: ISC
'use strict';
// Brings the page up to date from status.json. What the page was sent with is complete without it.
(() => {
  const kInterval = 2000;  // ms between two looks, and longer where a look takes long
  const kMostRows = 200;
  const kSummaryInterval = 15000;  // ms between two announcements to a screen reader
  const $ = id => document.getElementById(id);
  const body = id => $(id).tBodies[0];
  let last = null;  // the answer before, and when it came
  let services = [];
  let sort = {key: null, down: true};
  let wanted = '';
  let timer = 0;
  let busy = false;
  let announced = 0;

  const count = n => String(n).replace(/\B(?=(\d{3})+$)/g, '\u202f');
  const short = n => (n < 10 ? n.toFixed(1).replace('.0', '') : count(Math.round(n)));
  const time = us => us < 1000 ? Math.round(us) + '\u00a0\u00b5s'
      : us < 1e6 ? short(us / 1e3) + '\u00a0ms' : short(us / 1e6) + '\u00a0s';
  const age = s => s < 120 ? s + '\u00a0s' : s < 7200 ? Math.floor(s / 60) + '\u00a0min'
      : s < 172800 ? Math.floor(s / 3600) + '\u00a0h' : Math.floor(s / 86400) + '\u00a0d';
  const sum = words => Object.values(words || {}).reduce((all, n) => all + n, 0);
  const list = words => Object.entries(words || {}).map(([word, n]) => word + ' ' + n).join(', ');

  function put(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }
  function element(name, className, text) {
    const out = document.createElement(name);
    if (className) out.className = className;
    if (text !== undefined) out.textContent = text;
    return out;
  }
  function none(columns, text) {
    const row = element('tr');
    const cell = element('td', 'none', text);
    cell.colSpan = columns;
    row.append(cell);
    return row;
  }

  // ---- totals -------------------------------------------------------------------------------

  function showTotals(now, seconds) {
    const all = now.totals;
    const before = last && last.answer.totals;
    put($('t-running'), count(now.running));
    put($('t-paused'), count(now.paused));
    put($('t-services'), count(now.services.length));
    const latency = all.start_latency;
    put($('t-p50'), latency.count ? time(latency.p50_us) : '\u2013');
    put($('t-p99'), latency.count ? time(latency.p99_us) : '\u2013');
    const each = {started: t => t.started, answered: t => t.answered, refused: t => sum(t.refused)};
    for (const [name, value] of Object.entries(each)) {
      put($('t-' + name), count(value(all)));
      if (before) {
        put($('t-' + name + '-rate'), short(Math.max(0, value(all) - value(before)) / seconds) + ' per s');
      }
    }
    put($('t-failed'), count(sum(all.failed)));
    if (Date.now() - announced >= kSummaryInterval) {
      announced = Date.now();
      put($('summary'), `${now.running} running, ${all.started} started, ${all.answered} answered, ` +
          `${sum(all.refused)} refused, ${now.paused} paused`);
    }
  }

  function showHistogram(latency) {
    const most = Math.max(1, ...latency.counts);
    const bars = $('histogram').querySelectorAll('.column');
    latency.counts.forEach((n, i) => {
      const height = n ? Math.max(2, Math.round(n / most * 110)) : 0;
      const rect = bars[i].querySelector('rect');
      rect.setAttribute('height', height);
      rect.setAttribute('y', 126 - height);
      const title = bars[i].querySelector('title');
      put(title, title.textContent.replace(/:.*/, ': ' + count(n)));
    });
  }

  function showReasons(words) {
    const rows = Object.entries(words).sort((a, b) => b[1] - a[1]).map(([word, n]) => {
      const row = element('tr');
      const head = element('th', '', word);
      head.scope = 'row';
      row.append(head, element('td', 'number', count(n)));
      return row;
    });
    body('reasons').replaceChildren(...(rows.length ? rows : [none(2, 'None')]));
  }

  // ---- services -----------------------------------------------------------------------------

  function prepare(now, seconds) {
    const before = new Map();
    if (last) for (const one of last.answer.services) before.set(one.id, one.served);
    for (const one of now.services) {
      one.running = one.running || 0;
      one.served = (one.started || 0) + (one.answered || 0);
      one.reasons = list(one.refused);
      one.steps = list(one.failed);
      one.refused = sum(one.refused);
      one.failed = sum(one.failed);
      one.state = one.paused ? 'paused: ' + one.paused : one.running ? 'active' : 'idle';
      one.rate = before.has(one.id) ? Math.max(0, one.served - before.get(one.id)) / seconds : 0;
      one.words = [one.id, one.state, ...one.addresses].join(' ').toLowerCase();
    }
  }

  function compare(a, b) {
    const x = a[sort.key], y = b[sort.key];
    if (typeof x === 'string') return sort.down ? x.localeCompare(y) : y.localeCompare(x);
    return sort.down ? (y || 0) - (x || 0) : (x || 0) - (y || 0);
  }

  function showRow(one) {
    const row = element('tr');
    const name = element('th', '', one.id);
    name.scope = 'row';
    const shown = one.addresses.slice(0, 2).join(', ');
    const more = one.addresses.length > 2 ? ` and ${one.addresses.length - 2} more` : '';
    name.append(element('span', 'quiet', shown + more));
    const state = element('td');
    const kind = one.paused ? ' paused' : one.running ? ' active' : '';
    state.append(element('span', 'badge' + kind, one.state));
    const number = (value, form, className) =>
        element('td', 'number ' + (value ? className || '' : 'none'), value ? form(value) : '\u2013');
    const bad = (value, words) => {
      const cell = number(value, count, 'some');
      if (words) cell.title = words;
      return cell;
    };
    const perSecond = number(one.rate, short);
    perSecond.classList.add('rate');
    row.append(name, state, number(one.running, count), number(one.served, count), perSecond,
        bad(one.refused, one.reasons), bad(one.failed, one.steps), number(one.p50_us, time),
        number(one.p99_us, time));
    return row;
  }

  function showServices() {
    const found = services.filter(one => one.words.includes(wanted));
    if (sort.key) found.sort(compare);
    const rows = found.slice(0, kMostRows).map(showRow);
    body('services').replaceChildren(...(rows.length ? rows : [none(9, 'No service')]));
    put($('shown'), found.length > rows.length || wanted
        ? `${count(rows.length)} of ${count(services.length)} services` : '');
  }

  function showServers(now) {
    const rows = now.servers.map(one => {
      const row = element('tr');
      const name = element('th', '', one.service);
      name.scope = 'row';
      row.append(name, element('td', 'number', String(one.pid)), element('td', '', one.from),
          element('td', 'number', age(one.age_seconds)));
      return row;
    });
    body('servers').replaceChildren(...(rows.length ? rows : [none(4, 'None')]));
    put($('servers-shown'),
        now.running > rows.length ? `${count(rows.length)} of ${count(now.running)} servers` : '');
  }

  // ---- looking ------------------------------------------------------------------------------

  function state(text, className) {
    const node = $('state');
    put(node, text);
    node.className = 'state ' + className;
  }

  async function look() {
    timer = 0;
    if (busy || document.hidden) return;
    busy = true;
    const began = performance.now();
    try {
      const response = await fetch('status.json', {cache: 'no-store'});
      if (!response.ok) throw new Error(response.status);
      const answer = await response.json();
      const seconds = last ? Math.max(0.001, (began - last.at) / 1000) : 1;
      prepare(answer, seconds);
      showTotals(answer, seconds);
      showHistogram(answer.totals.start_latency);
      showReasons(answer.totals.refused);
      services = answer.services;
      showServices();
      showServers(answer);
      put($('since'), new Date(answer.since).toLocaleString());
      last = {answer, at: began};
      state('live', 'good');
    } catch (error) {
      last = null;  // no rates over a gap
      state('no answer', 'bad');
    }
    busy = false;
    plan(Math.max(kInterval, 5 * (performance.now() - began)));
  }

  function plan(delay) {
    if (timer || document.hidden) return;
    timer = setTimeout(look, delay);
  }

  function makeSortable() {
    for (const head of $('services').tHead.rows[0].cells) {
      const button = element('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const key = head.dataset.key;
        sort = {key, down: sort.key === key ? !sort.down : true};
        for (const each of head.parentNode.cells) each.removeAttribute('aria-sort');
        const rises = (key === 'id' || key === 'state') === sort.down;
        head.setAttribute('aria-sort', rises ? 'ascending' : 'descending');
        showServices();
      });
    }
  }

  document.documentElement.classList.add('live');
  makeSortable();
  $('filter').hidden = false;
  $('filter').querySelector('input').addEventListener('input', event => {
    wanted = event.target.value.trim().toLowerCase();
    showServices();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      clearTimeout(timer);
      timer = 0;
      state('paused', '');
    } else {
      plan(0);
    }
  });
  plan(0);
})();
