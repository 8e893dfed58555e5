// Genes: search, box plots by group, and volcano and MA plots that point at each other and at the table.
const data = JSON.parse(document.getElementById("data").textContent);
if (data) {
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const ids = data.genes.split("\n"), symbols = data.symbols.split("\n"), values = bytes(data.values);
  const names = ids.map((id, i) => symbols[i] || id);
  const place = new Map();
  ids.forEach((id, i) => { place.set(id.toLowerCase(), i); });
  symbols.forEach((symbol, i) => { if (!place.has(symbol.toLowerCase())) place.set(symbol.toLowerCase(), i); });
  for (const one of data.contrasts) {
    one.change = new Int16Array(bytes(one.change).buffer);
    one.evidence = new Uint16Array(bytes(one.evidence).buffer);
    one.mean = new Uint16Array(bytes(one.mean).buffer);
    one.views = [];
  }
  const changeOf = (one, gene) => (one.change[gene] === -32768 ? NaN : one.change[gene] / 1000);
  const evidenceOf = (one, gene) => (one.evidence[gene] === 65535 ? NaN : one.evidence[gene] / 200);
  const valueOf = (gene, sample) => data.low[gene] + (data.span[gene] * values[gene * data.samples.length + sample]) / 255;
  const kindOf = (one, gene) => {
    const change = changeOf(one, gene), called = evidenceOf(one, gene) > data.leastEvidence && Math.abs(change) >= data.leastChange;
    return called ? (change > 0 ? "up" : "down") : "grey";
  };
  const shortNumber = (value) => (Number.isNaN(value) ? "–" : String(Number(value.toPrecision(3))));
  const probability = (evidence) => (Number.isNaN(evidence) ? "–" : evidence > 300 ? "<1e-300" : evidence < 3 ? shortNumber(10 ** -evidence) : `${(10 ** (Math.ceil(evidence) - evidence)).toFixed(1)}e-${Math.ceil(evidence)}`);
  const draw = (name, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const make = (name, text, className) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  };
  const ticks = (low, high, count) => {
    const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].find((n) => n * power >= raw) * power;
    const found = [];
    for (let at = Math.ceil(low / step) * step; at <= high + 1e-9; at += step) found.push(Math.abs(at) < 1e-9 ? 0 : at);
    return found;
  };

  // A scatter plot of all genes of the page in one contrast; x and y give the coordinates of a gene.
  const scatter = (one, title, x, y, xLabel, yLabel, limits) => {
    const figure = make("figure"), W = 520, H = 400, L = 52, R = 12, T = 12, B = 44;
    const shown = ids.map((_, gene) => gene).filter((gene) => Number.isFinite(x(gene)) && Number.isFinite(y(gene)));
    const range = (f) => {
      let low = Infinity, high = -Infinity;
      for (const gene of shown) { low = Math.min(low, f(gene)); high = Math.max(high, f(gene)); }
      const pad = (high - low || 1) * 0.05;
      return [low - pad, high + pad];
    };
    const [x0, x1] = range(x), [y0, y1] = range(y);
    const px = (v) => L + ((v - x0) / (x1 - x0)) * (W - L - R), py = (v) => H - B - ((v - y0) / (y1 - y0)) * (H - B - T);
    const svg = draw("svg", { viewBox: `0 0 ${W} ${H}`, class: "plot", role: "img", tabindex: "0", "aria-label": `${title} of ${one.id}. Arrow keys go through the called genes, Enter opens one.` });
    for (const at of ticks(x0, x1, 7)) {
      svg.append(draw("line", { class: "grid", x1: px(at), x2: px(at), y1: T, y2: H - B }), draw("text", { x: px(at), y: H - B + 16, "text-anchor": "middle" }, shortNumber(at)));
    }
    for (const at of ticks(y0, y1, 6)) {
      svg.append(draw("line", { class: "grid", x1: L, x2: W - R, y1: py(at), y2: py(at) }), draw("text", { x: L - 6, y: py(at) + 4, "text-anchor": "end" }, shortNumber(at)));
    }
    for (const [axis, at] of limits) {
      svg.append(draw("line", axis === "x" ? { class: "limit", x1: px(at), x2: px(at), y1: T, y2: H - B } : { class: "limit", x1: L, x2: W - R, y1: py(at), y2: py(at) }));
    }
    svg.append(draw("text", { x: (L + W - R) / 2, y: H - 8, "text-anchor": "middle" }, xLabel), draw("text", { x: 14, y: (T + H - B) / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${(T + H - B) / 2})` }, yLabel));
    for (const kind of ["grey", "down", "up"]) {
      const dots = new Set();
      for (const gene of shown) if (kindOf(one, gene) === kind) dots.add(`M${px(x(gene)).toFixed(1)} ${py(y(gene)).toFixed(1)}h0`);
      svg.append(draw("path", { class: kind, d: [...dots].join("") }));
    }
    const mark = draw("circle", { class: "here", r: 7, cx: -20, cy: -20 }), name = draw("text", { class: "name", x: -20, y: -20 });
    svg.append(mark, name);
    const point = (gene) => {
      const visible = gene !== null && Number.isFinite(x(gene)) && Number.isFinite(y(gene));
      const cx = visible ? px(x(gene)) : -20, cy = visible ? py(y(gene)) : -20;
      mark.setAttribute("cx", cx); mark.setAttribute("cy", cy);
      name.textContent = visible ? names[gene] : "";
      name.setAttribute("x", cx + (cx > W * 0.7 ? -11 : 11)); name.setAttribute("y", cy + 4);
      name.setAttribute("text-anchor", cx > W * 0.7 ? "end" : "start");
    };
    const nearest = (event) => {
      const box = svg.getBoundingClientRect(), mx = ((event.clientX - box.left) / box.width) * W, my = ((event.clientY - box.top) / box.height) * H;
      let best = null, least = 144;
      for (const gene of shown) {
        const distance = (px(x(gene)) - mx) ** 2 + (py(y(gene)) - my) ** 2 - (kindOf(one, gene) === "grey" ? 0 : 4);
        if (distance < least) { least = distance; best = gene; }
      }
      return best;
    };
    svg.addEventListener("pointermove", (event) => { const gene = nearest(event); if (gene !== null) pointAt(one, gene); });
    svg.addEventListener("click", (event) => { const gene = nearest(event); if (gene !== null) { pointAt(one, gene); choose(one, gene); } });
    const called = shown.filter((gene) => kindOf(one, gene) !== "grey").sort((a, b) => evidenceOf(one, b) - evidenceOf(one, a));
    let at = -1;
    svg.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && at >= 0) choose(one, called[at]);
      if (!called.length || !["ArrowRight", "ArrowLeft"].includes(event.key)) return;
      event.preventDefault();
      at = (at + (event.key === "ArrowRight" ? 1 : -1) + called.length) % called.length;
      pointAt(one, called[at]);
    });
    one.views.push(point);
    figure.append(make("figcaption", title), svg);
    return figure;
  };

  const pointAt = (one, gene) => { for (const point of one.views) point(gene); };

  // The row of a gene in the table of its contrast is marked; a gene that the table does not show gets a row.
  const tableOf = (one) => document.querySelector(`[data-source="tables/contrasts/${one.id}/differential.tsv"]`);
  const choose = (one, gene) => {
    const table = tableOf(one);
    if (table) {
      for (const row of table.querySelectorAll("tr.marked")) row.classList.remove("marked");
      let row = table.querySelector(`tr[data-gene="${gene}"]`);
      if (!row) {
        row = table.tBodies[0].insertRow(0);
        const cells = { "gene id": ids[gene], symbol: symbols[gene], "mean count": shortNumber(10 ** (one.mean[gene] / 8000 - 2)), "log2 change": shortNumber(changeOf(one, gene)), "adjusted p": probability(evidenceOf(one, gene)) };
        for (const head of table.tHead.rows[0].cells) row.insertCell().textContent = cells[head.textContent] ?? "–";
        link(one, row, gene);
      }
      row.classList.add("marked");
      table.closest("details").open = true;
    }
    showGene(gene);
  };
  const link = (one, row, gene) => {
    row.dataset.gene = gene;
    row.tabIndex = 0;
    row.addEventListener("pointerenter", () => pointAt(one, gene));
    row.addEventListener("focus", () => pointAt(one, gene));
    row.addEventListener("click", () => { pointAt(one, gene); choose(one, gene); });
    row.addEventListener("keydown", (event) => { if (event.key === "Enter") choose(one, gene); });
  };
  for (const one of data.contrasts) {
    const table = tableOf(one);
    if (table) for (const row of table.tBodies[0].rows) {
      const gene = place.get(row.cells[0].textContent.toLowerCase());
      if (gene !== undefined) link(one, row, gene);
    }
  }

  // Volcano and MA are drawn when their contrast comes into sight, and before printing.
  const fill = (holder) => {
    const one = data.contrasts.find((other) => other.id === holder.dataset.contrast);
    if (!one || holder.childElementCount) return;
    const [low, high] = [`log2 fold change (${one.compared})`, "−log10 adjusted p"];
    const change = (gene) => changeOf(one, gene), evidence = (gene) => evidenceOf(one, gene);
    holder.append(
      scatter(one, "Volcano", change, evidence, low, high, [["x", -data.leastChange], ["x", data.leastChange], ["y", data.leastEvidence]]),
      scatter(one, "MA", (gene) => one.mean[gene] / 8000 - 2, change, "log10 mean count", "log2 fold change", [["y", 0]]),
    );
    const shown = ids.filter((_, gene) => Number.isFinite(evidence(gene))).length;
    holder.append(make("p", `${shown.toLocaleString("en")} of ${one.tested.toLocaleString("en")} tested genes are drawn here, every differential one among them; the figures folder has all. Click a gene for its row and its values.`, "quiet"));
  };
  const holders = document.querySelectorAll(".plots");
  const watch = new IntersectionObserver((seen) => { for (const one of seen) if (one.isIntersecting) fill(one.target); }, { rootMargin: "600px" });
  for (const holder of holders) watch.observe(holder);
  addEventListener("beforeprint", () => { for (const holder of holders) fill(holder); });

  // The card of a gene: a box plot by group, and what each contrast says.
  const grouping = document.getElementById("grouping"), card = document.getElementById("gene-card"), status = document.getElementById("gene-status");
  data.groupings.forEach((one, i) => { grouping.append(new Option(one.name, i)); });
  let current = null;
  const quantile = (sorted, share) => {
    const at = (sorted.length - 1) * share, below = Math.floor(at);
    return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
  };
  const boxes = (gene) => {
    const by = data.groupings[grouping.value] ?? { name: "", levels: ["all"], codes: data.samples.map(() => 0) };
    const H = 320, L = 54, T = 10, B = 52, step = Math.max(70, 420 / by.levels.length), W = L + step * by.levels.length + 10;
    const all = data.samples.map((_, i) => valueOf(gene, i)), low = Math.min(...all), high = Math.max(...all, low + 0.5);
    const py = (v) => H - B - ((v - low) / (high - low)) * (H - B - T - 6) - 3;
    const svg = draw("svg", { viewBox: `0 0 ${W} ${H}`, class: "plot", role: "img", "aria-label": `${names[gene]} by ${by.name}` });
    for (const at of ticks(low, high, 5)) svg.append(draw("line", { class: "grid", x1: L, x2: W - 6, y1: py(at), y2: py(at) }), draw("text", { x: L - 6, y: py(at) + 4, "text-anchor": "end" }, shortNumber(at)));
    svg.append(draw("text", { x: 14, y: (T + H - B) / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${(T + H - B) / 2})` }, data.unit));
    by.levels.forEach((level, code) => {
      const inside = all.filter((_, i) => by.codes[i] === code), sorted = [...inside].sort((a, b) => a - b), x = L + step * (code + 0.5), w = step * 0.3;
      svg.append(draw("text", { x, y: H - B + 18, "text-anchor": "middle" }, level), draw("text", { x, y: H - B + 34, "text-anchor": "middle" }, `n = ${inside.length}`));
      if (!inside.length) return;
      inside.forEach((v, i) => svg.append(draw("circle", { class: "dot", cx: x + (((i * 7919) % 31) / 31 - 0.5) * w * 1.4, cy: py(v), r: 3 })));
      const [q1, q2, q3] = [0.25, 0.5, 0.75].map((share) => quantile(sorted, share)), reach = 1.5 * (q3 - q1);
      const least = sorted.find((v) => v >= q1 - reach), most = sorted.findLast((v) => v <= q3 + reach);
      svg.append(draw("path", { class: "box", d: `M${x - w} ${py(q1)}H${x + w}V${py(q3)}H${x - w}ZM${x} ${py(q1)}V${py(least)}M${x} ${py(q3)}V${py(most)}` }), draw("path", { class: "box", "stroke-width": 2.5, d: `M${x - w} ${py(q2)}H${x + w}` }));
    });
    return svg;
  };
  const verdicts = (gene) => {
    const table = make("table"), head = table.createTHead().insertRow(), body = table.createTBody();
    for (const text of ["contrast", "log2 change", "adjusted p", ""]) head.append(make("th", text));
    for (const one of data.contrasts) {
      const row = body.insertRow(), kind = kindOf(one, gene);
      for (const text of [one.id.replaceAll("_", " "), shortNumber(changeOf(one, gene)), probability(evidenceOf(one, gene)), kind === "grey" ? "" : kind === "up" ? "rises" : "falls"]) row.insertCell().textContent = text;
    }
    return table;
  };
  const showGene = (gene) => {
    current = gene;
    input.value = names[gene];
    const button = make("button", "Save the values");
    button.addEventListener("click", () => {
      const columns = data.groupings.map((one) => one.name);
      const rows = data.samples.map((sample, i) => [sample, valueOf(gene, i).toFixed(3), ...data.groupings.map((one) => one.levels[one.codes[i]] ?? "NA")]);
      save(`${names[gene]}.tsv`, [["sample", data.unit, ...columns], ...rows].map((row) => row.join("\t")).join("\n") + "\n");
    });
    const left = make("div"), right = make("div");
    left.append(make("h3", symbols[gene] && symbols[gene] !== ids[gene] ? `${symbols[gene]} (${ids[gene]})` : ids[gene]), boxes(gene), button);
    right.append(make("h3", "In the contrasts"), verdicts(gene));
    card.replaceChildren(left, right);
    card.hidden = false;
    status.textContent = `${names[gene]}: values rounded to ${shortNumber(data.span[gene] / 255)} on the scale of the axis.`;
  };
  grouping.addEventListener("change", () => { if (current !== null) showGene(current); });

  // The search: a combobox that completes symbols and identifiers.
  const input = document.getElementById("gene-search"), list = document.getElementById("gene-matches");
  let matches = [], selected = -1;
  const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const take = (gene) => { close(); showGene(gene); for (const one of data.contrasts) pointAt(one, gene); };
  const mark = () => {
    [...list.children].forEach((item, i) => { item.setAttribute("aria-selected", String(i === selected)); });
    if (selected >= 0) input.setAttribute("aria-activedescendant", `gene-match-${selected}`);
  };
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    matches = [];
    if (wanted) {
      const begins = [], holds = [];
      for (let gene = 0; gene < ids.length; gene++) {
        const symbol = symbols[gene].toLowerCase(), id = ids[gene].toLowerCase();
        if (symbol.startsWith(wanted) || id.startsWith(wanted)) begins.push(gene);
        else if (symbol.includes(wanted)) holds.push(gene);
      }
      begins.sort((a, b) => names[a].length - names[b].length || names[a].localeCompare(names[b]));
      matches = [...begins, ...holds].slice(0, 8);
    }
    list.replaceChildren(...matches.map((gene, i) => {
      const item = make("li", symbols[gene] === ids[gene] ? ids[gene] : `${symbols[gene]} ${ids[gene]}`);
      item.id = `gene-match-${i}`;
      item.setAttribute("role", "option");
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); take(gene); });
      return item;
    }));
    selected = matches.length ? 0 : -1;
    mark();
    list.hidden = !matches.length;
    input.setAttribute("aria-expanded", String(Boolean(matches.length)));
    status.textContent = wanted && !matches.length ? "No gene of this page has that name; the tables beside it have all genes." : "";
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (matches.length) selected = (selected + (event.key === "ArrowDown" ? 1 : -1) + matches.length) % matches.length;
      mark();
    } else if (event.key === "Enter" && selected >= 0) take(matches[selected]);
    else if (event.key === "Escape") close();
  });
  input.addEventListener("blur", close);
}
