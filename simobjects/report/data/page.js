// SPDX-License-Identifier: BSD-3-Clause
// The page works without this: it sorts and filters the table of points, and draws the figures anew so that they answer.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // The table of points: heads sort, a field and menus filter.
  const number = (text) => {
    const value = Number(text.replaceAll(",", ""));
    return text.trim() === "" || Number.isNaN(value) ? null : value;
  };
  const compare = (one, other) => {
    const [a, b] = [number(one), number(other)];
    if (a !== null && b !== null) return a - b;
    if ((a === null) !== (b === null)) return one === "" ? 1 : other === "" ? -1 : a === null ? 1 : -1;
    return one.localeCompare(other, "en", { numeric: true });
  };
  const points = document.getElementById("points-table");
  if (points) {
    const body = points.querySelector("tbody");
    const rows = all("tr", body).map((row) => ({ row, cells: all("td", row).map((cell) => cell.textContent.trim()) }));
    const heads = all("th", points);
    heads.forEach((head, column) =>
      head.querySelector("button").addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        rows.sort((one, other) => {
          const [a, b] = [one.cells[column], other.cells[column]];
          if (a === "" || b === "") return compare(a, b); // what has no value stands last, whichever way
          return down ? compare(b, a) : compare(a, b);
        });
        body.append(...rows.map(({ row }) => row));
      }),
    );
    const form = document.querySelector("form.filter");
    const [search, output, menus] = [form.querySelector("input"), form.querySelector("output"), all("select", form)];
    const filter = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = menus.filter((menu) => menu.value).map((menu) => [Number(menu.dataset.column), menu.value]);
      let shown = 0;
      for (const { row, cells } of rows) {
        const lower = cells.map((cell) => cell.toLowerCase());
        // A word is the whole of a cell if some cell is that word, so that 16 does not find 160 where there is a 16.
        const fits =
          words.every((word) => (exact.has(word) ? lower.includes(word) : lower.some((cell) => cell.includes(word)))) &&
          wanted.every(([column, value]) => cells[column] === value);
        row.hidden = !fits;
        shown += fits;
      }
      output.textContent = shown === rows.length ? `${shown} points` : `${shown} of ${rows.length} points`;
    };
    const exact = new Set(rows.flatMap(({ cells }) => cells.map((cell) => cell.toLowerCase())));
    form.addEventListener("submit", (event) => event.preventDefault());
    for (const what of ["input", "change"]) form.addEventListener(what, filter);
    form.hidden = false;
    filter(); // what the browser has kept in the fields
  }

  // The figures.
  const tip = document.getElementById("tip");
  const say = (handler, event, item, value) => {
    if (value === null || value === undefined || value === "") {
      tip.hidden = true;
      return;
    }
    const list = document.createElement("dl");
    for (const [name, text] of Object.entries(value)) {
      const [term, told] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = name;
      told.textContent = text;
      list.append(term, told);
    }
    tip.replaceChildren(list);
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const [x, y] = [event.clientX ?? 0, event.clientY ?? 0];
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - box.width - 4))}px`;
    tip.style.top = `${y + 18 + box.height > innerHeight ? Math.max(4, y - box.height - 12) : y + 18}px`;
  };
  addEventListener("scroll", () => (tip.hidden = true), { passive: true });
  addEventListener("keydown", (event) => event.key === "Escape" && (tip.hidden = true));

  const config = {
    font: 'system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif',
    axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", labelColor: "#1f2933", titleColor: "#1f2933",
            gridColor: "#d9d9de", domainColor: "#5d6b7d", tickColor: "#5d6b7d", titleLimit: 320 },
    axisX: { labelOverlap: true },
    view: { stroke: null },
  };
  const inflate = async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  };
  const draw = async () => {
    const library = document.createElement("script");
    library.textContent = await inflate(document.getElementById("vega").textContent);
    document.head.append(library);
    const charts = JSON.parse(document.getElementById("charts").textContent);
    for (const place of all("[data-chart]")) {
      const figure = place.closest("figure");
      try {
        place.hidden = false;
        const views = [];
        for (const { title, spec } of charts[Number(place.dataset.chart)]) {
          const [panel, plot] = [document.createElement("div"), document.createElement("div")];
          if (title) {
            const head = document.createElement("h4");
            head.textContent = title;
            panel.append(head);
          }
          plot.className = "plot";
          panel.append(plot);
          place.append(panel);
          const compiled = vegaLite.compile(spec, { config }).spec;
          const view = new vega.View(vega.parse(compiled), { renderer: "svg", container: plot, hover: true });
          view.tooltip(say);
          await view.runAsync();
          views.push(view);
        }
        const keys = figure.querySelector(".keys");
        if (keys) {
          keys.hidden = false;
          keys.addEventListener("click", (event) => {
            const key = event.target.closest("button");
            if (!key) return;
            key.setAttribute("aria-pressed", key.getAttribute("aria-pressed") === "true" ? "false" : "true");
            const off = all("[aria-pressed=false]", keys).map((each) => each.dataset.series);
            views.forEach((view) => view.signal("off", off).run());
          });
        }
        figure.querySelector(".still").hidden = true;
      } catch (error) {
        console.error(error); // the picture is there
        place.hidden = true;
      }
    }
    document.documentElement.dataset.drawn = "";
  };
  if (document.getElementById("charts") && "DecompressionStream" in window) draw().catch((error) => console.error(error));
})();
