// The picture of the Map tab: dots on a canvas. Given by Gradio: element, props, trigger, watch.
const COLOURS = ["#3b82c4", "#d9822b", "#3a9d5d", "#c2519e", "#7b61d1", "#c94f4f", "#1a9c9c", "#a8951f", "#8a5a44",
    "#5b6ee1", "#6b9e1f", "#8d8b85", "#b0aea8"];
const REACH = 14;
const canvas = element.querySelector("canvas");
const tip = element.querySelector(".se-map-tip");
const legend = element.querySelector(".se-map-legend");
const said = element.querySelector(".se-map-said");
const frame = element.querySelector(".se-map-frame");
const view = {scale: 1, x: 0, y: 0};
let data = null, key = null, chosen = -1, only = null, pinned = null, drag = null, order = [], waiting = false;

const pixel = () => window.devicePixelRatio || 1;
const size = () => ({width: canvas.clientWidth, height: canvas.clientHeight});
const base = () => {
    const {width, height} = size(), margin = 22, side = Math.min(width, height) - 2 * margin;
    const wide = Math.max(1, Math.min((width - 2 * margin) / side, 1.75));
    const tall = Math.max(1, Math.min((height - 2 * margin) / side, 1.5));
    return {side, wide, tall, left: (width - side * wide) / 2, top: (height - side * tall) / 2};
};
const at = (i) => {
    const {side, wide, tall, left, top} = base();
    const x = left + data.x[i] / data.grid * side * wide, y = top + (1 - data.y[i] / data.grid) * side * tall;
    return [x * view.scale + view.x, y * view.scale + view.y];
};
const shade = (t) => {
    const stops = [[68, 60, 140], [42, 122, 142], [58, 172, 110], [214, 184, 40]];
    const place = t * (stops.length - 1), low = Math.min(Math.floor(place), stops.length - 2), part = place - low;
    return `rgb(${stops[low].map((v, c) => Math.round(v + (stops[low + 1][c] - v) * part)).join(",")})`;
};
const colourOf = (i) => {
    if (data.shades) return data.shades[i] < 0 ? COLOURS[12] : shade(data.shades[i]);
    const group = data.groups[i];
    return group < 0 ? COLOURS[12] : COLOURS[group % COLOURS.length];
};
const radius = () => {
    const n = data.ids.length, plain = n < 300 ? 5.5 : n < 1500 ? 4.2 : n < 6000 ? 3 : 2.2;
    return plain * Math.min(2, Math.sqrt(view.scale));
};
const style = (name) => getComputedStyle(element).getPropertyValue(name).trim();

function draw() {
    waiting = false;
    const {width, height} = size();
    if (!width || !height) return;
    const ratio = pixel();
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
        canvas.width = Math.round(width * ratio);
        canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    if (!data) return;
    const r = radius(), shown = only ?? pinned;
    for (const i of order) {
        const [x, y] = at(i);
        if (x < -r || y < -r || x > width + r || y > height + r) continue;
        const dimmed = shown !== null && data.groups[i] !== shown;
        pen.globalAlpha = dimmed ? 0.1 : data.ids.length > 3000 ? 0.65 : 0.85;
        pen.fillStyle = colourOf(i);
        pen.beginPath();
        pen.arc(x, y, r, 0, 2 * Math.PI);
        pen.fill();
    }
    pen.globalAlpha = 1;
    if (data.named && view.scale < 6) names(pen);
    if (chosen >= 0) {
        const [x, y] = at(chosen);
        pen.lineWidth = 2;
        pen.strokeStyle = style("--se-text");
        pen.beginPath();
        pen.arc(x, y, r + 4, 0, 2 * Math.PI);
        pen.stroke();
    }
}
function names(pen) {
    const {width} = size(), taken = [];
    pen.font = `600 12.5px ${style("font-family") || "sans-serif"}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    for (const {label, middle, group} of data.named) {
        if ((only ?? pinned) !== null && (only ?? pinned) !== group) continue;
        const text = width < 520 ? label.split(", ")[0] : label;
        const half = pen.measureText(text).width / 2 + 4;
        let [x, y] = at(middle);
        x = Math.max(half + 2, Math.min(width - half - 2, x));
        if (taken.some(([a, b, h]) => Math.abs(a - x) < h + half && Math.abs(b - y) < 17)) continue;
        taken.push([x, y, half]);
        pen.lineWidth = 4;
        pen.strokeStyle = style("--se-paper");
        pen.strokeText(text, x, y);
        pen.fillStyle = style("--se-text");
        pen.fillText(text, x, y);
    }
}
const redraw = () => { if (!waiting) { waiting = true; requestAnimationFrame(draw); } };

function nearest(x, y, reach) {
    let best = -1, least = reach * reach;
    for (let i = 0; data && i < data.ids.length; i++) {
        const [px, py] = at(i), d = (px - x) ** 2 + (py - y) ** 2;
        if (d < least) { least = d; best = i; }
    }
    return best;
}
function choose(i, speak) {
    if (i === chosen) return;
    chosen = i;
    tip.hidden = i < 0;
    canvas.style.cursor = i < 0 ? "grab" : "pointer";
    if (i >= 0) {
        const {width, height} = size(), [x, y] = at(i);
        tip.textContent = data.labels[i];
        const wide = tip.offsetWidth, high = tip.offsetHeight;
        tip.style.left = `${Math.max(4, Math.min(width - wide - 4, x - wide / 2))}px`;
        tip.style.top = `${y + 16 + high > height ? Math.max(4, y - high - 14) : y + 16}px`;
        if (speak) said.textContent = data.labels[i];
    }
    redraw();
}
function zoom(factor, x, y) {
    if (!factor) Object.assign(view, {scale: 1, x: 0, y: 0});
    else {
        const scale = Math.max(1, Math.min(40, view.scale * factor)), real = scale / view.scale;
        view.x = x - (x - view.x) * real;
        view.y = y - (y - view.y) * real;
        view.scale = scale;
        if (scale === 1) view.x = view.y = 0;
    }
    choose(-1);
    redraw();
}
const inside = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
};
canvas.addEventListener("pointermove", (event) => {
    if (!data) return;
    const [x, y] = inside(event);
    if (drag) {
        drag.moved ||= Math.hypot(x - drag.x, y - drag.y) > 4;
        if (drag.moved) { view.x = drag.viewX + x - drag.x; view.y = drag.viewY + y - drag.y; choose(-1); redraw(); }
        return;
    }
    choose(nearest(x, y, REACH));
});
canvas.addEventListener("pointerdown", (event) => {
    const [x, y] = inside(event);
    drag = {x, y, viewX: view.x, viewY: view.y, moved: false};
    if (event.pointerType === "mouse") canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener("pointerup", (event) => {
    const ended = drag;
    drag = null;
    if (!data || !ended || ended.moved) return;
    const i = nearest(...inside(event), REACH);
    if (i >= 0) trigger("pick", {id: data.ids[i]});
});
canvas.addEventListener("pointercancel", () => { drag = null; });
canvas.addEventListener("pointerleave", () => { if (!drag) choose(-1); });
canvas.addEventListener("wheel", (event) => {
    if (!data || (view.scale === 1 && event.deltaY > 0)) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * 0.0022), ...inside(event));
}, {passive: false});
canvas.addEventListener("keydown", (event) => {
    if (!data) return;
    const {width, height} = size();
    const ways = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
    if (event.key === "+" || event.key === "=") zoom(1.5, width / 2, height / 2);
    else if (event.key === "-") zoom(1 / 1.5, width / 2, height / 2);
    else if (event.key === "0") zoom(0);
    else if (event.key === "Escape") choose(-1);
    else if (event.key === "Enter" && chosen >= 0) trigger("pick", {id: data.ids[chosen]});
    else if (ways[event.key]) choose(towards(ways[event.key]), true);
    else return;
    event.preventDefault();
});
function towards([dx, dy]) {
    const {width, height} = size();
    if (chosen < 0) return nearest(width / 2, height / 2, Infinity);
    const [x, y] = at(chosen);
    let best = chosen, least = Infinity;
    for (let i = 0; i < data.ids.length; i++) {
        const [px, py] = at(i), along = (px - x) * dx + (py - y) * dy;
        if (i === chosen || along <= 0.5) continue;
        const across = Math.abs((px - x) * dy) + Math.abs((py - y) * dx), cost = along + 2.5 * across;
        if (cost < least) { least = cost; best = i; }
    }
    return best;
}
element.querySelector(".se-map-tools").addEventListener("click", (event) => {
    const button = event.target.closest("[data-zoom]"), {width, height} = size();
    if (button) zoom(Number(button.dataset.zoom), width / 2, height / 2);
});
function entry(label, n, colour, group) {
    const button = document.createElement("button"), dot = document.createElement("i"), name = document.createElement("span");
    const count = document.createElement("b");
    button.type = "button";
    button.setAttribute("aria-pressed", String(pinned === group));
    dot.style.background = colour;
    name.textContent = label;
    count.textContent = n.toLocaleString("en");
    button.append(dot, name, count);
    button.addEventListener("mouseenter", () => { only = group; redraw(); });
    button.addEventListener("mouseleave", () => { only = null; redraw(); });
    button.addEventListener("click", () => {
        pinned = pinned === group ? null : group;
        for (const each of legend.children) each.setAttribute("aria-pressed", String(each === button && pinned !== null));
        redraw();
    });
    return button;
}
function scaleBar([low, high]) {
    const bar = document.createElement("div"), line = document.createElement("i");
    bar.className = "se-map-scale";
    line.style.background = `linear-gradient(90deg, ${[0, 0.25, 0.5, 0.75, 1].map(shade).join(", ")})`;
    bar.append(Object.assign(document.createElement("span"), {textContent: low}), line,
        Object.assign(document.createElement("span"), {textContent: high}));
    return bar;
}
function centres() {
    // The dot that is nearest to the middle of its group carries the group's name.
    return data.legend.map(({label}, group) => {
        const own = data.groups.flatMap((g, i) => g === group ? [i] : []);
        if (!own.length) return null;
        const mean = (axis) => own.reduce((sum, i) => sum + axis[i], 0) / own.length;
        const mx = mean(data.x), my = mean(data.y);
        const far = (i) => (data.x[i] - mx) ** 2 + (data.y[i] - my) ** 2;
        return {label, group, middle: own.reduce((a, b) => far(b) < far(a) ? b : a)};
    }).filter(Boolean);
}
function show() {
    data = props.value && props.value.ids ? props.value : null;
    only = pinned = null;
    choose(-1);
    legend.replaceChildren();
    if (data) {
        if (data.key !== key) { key = data.key; Object.assign(view, {scale: 1, x: 0, y: 0}); }
        const words = data.words;
        canvas.setAttribute("aria-label", words.picture);
        legend.setAttribute("aria-label", words.legend);
        const names = [words.zoom_in, words.zoom_out, words.whole];
        element.querySelectorAll("[data-zoom]").forEach((button, place) => {
            button.setAttribute("aria-label", names[place]);
            button.title = names[place];
        });
        if (data.scale) legend.append(scaleBar(data.scale));
        data.legend.forEach(({label, n}, group) => legend.append(entry(label, n, COLOURS[group % COLOURS.length], group)));
        data.named = data.cluster ? centres() : null;
        order = Array.from(data.ids.keys());  // drawn in a fixed mixed order, so that no colour lies on top of all others
        for (let i = order.length - 1, seed = 7; i > 0; i--) {
            seed = (seed * 1103515245 + 12345) % 2147483648;
            const j = seed % (i + 1);
            [order[i], order[j]] = [order[j], order[i]];
        }
    }
    frame.dataset.points = data ? data.ids.length : 0;
    redraw();
}
watch("value", show);
new ResizeObserver(redraw).observe(frame);
new MutationObserver(redraw).observe(document.body, {attributes: true, attributeFilter: ["class"]});
canvas.sePoint = (i) => { const box = canvas.getBoundingClientRect(), [x, y] = at(i); return [box.left + x, box.top + y]; };
show();
