"""The Map tab."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from markupsafe import Markup

from simengine.engine.contents import open_contents
from simengine.serving.demo.cards import said, shortened
from simengine.serving.demo.context import QUIET, DemoContext, area
from simengine.serving.demo.facets import Facet, facets_of
from simengine.serving.demo.notices import failure, notice
from simengine.serving.demo.projection import MAX_POINTS, CorpusMap, PerCommit, corpus_map
from simengine.serving.demo.rendering import render
from simengine.serving.demo.strings import Language
from simengine.serving.demo.strings.map import MAP
from simengine.types import Json

CLUSTER = ":cluster"
"""Stands for the clusters among the names of fields."""
GRID = 10_000
"""Places are sent as whole numbers up to this."""
SHOWN_VALUES = 11
FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Colouring:
    """The colour of each point.

    Attributes:
        groups: for each point its place in the legend; -1 without a value.
        legend: label and number of points of each group; none on a scale.
        shades: for each point its place on the scale in [0, 1], -1 without a value; None where there are groups.
        scale: the least and the greatest value of the scale, for people.
        named: the groups lie together, so their names stand in the picture.
    """

    groups: Sequence[int]
    legend: Sequence[tuple[str, int]]
    shades: Sequence[float] | None = None
    scale: tuple[str, str] | None = None
    named: bool = False


class MapTab:
    """The components of the tab, and what they do."""

    def __init__(self, context: DemoContext) -> None:
        self.context, self.served = context, context.served
        self.map: PerCommit[CorpusMap] = PerCommit(self.served.engine.path, corpus_map)
        with gr.Row(elem_id="se-map-head"):
            colour = gr.Dropdown(
                self._choices("en"), value=CLUSTER, elem_id="se-map-colour", scale=0, min_width=240
            )
            self.colour = context.localise(colour, {"label": MAP.colour})
            self.about = area("se-map-about")
        self.state = area("se-map-state", start_html("en"))
        self.picture = gr.HTML(
            None,
            html_template=(FOLDER / "templates" / "map.html").read_text("utf-8"),
            js_on_load=(FOLDER / "map.js").read_text("utf-8"),
            apply_default_css=False,
            visible="hidden",
            elem_id="se-map-picture",
        )
        self._events()

    def _events(self) -> None:
        context = self.context
        outputs = [self.state, self.about, self.picture]
        context.on_open(self.draw, [self.colour], outputs)
        self.colour.input(self.draw, [context.language, self.colour], outputs, **QUIET)
        self.picture.pick(self.pick, None, [context.near], **QUIET)
        context.on_language(self.again, [self.colour], [self.colour, *outputs])

    def draw(self, language: Language, colour: str) -> Iterator[Sequence[Any]]:
        """Place the documents, if that was not done, and show them."""
        hidden = gr.update(visible="hidden")
        if not self.map.is_made():
            yield computing(language), "", hidden
        try:
            points = self.map.get()
            shown = picture_of(points, self.colouring(points, colour, language), language)
        except Exception as error:
            yield failure(error, language), "", hidden
            return
        yield "", about_html(points, language), gr.update(value=shown, visible=True)

    def again(self, language: Language, colour: str) -> Iterator[Sequence[Any]]:
        """What is shown, in the language that was switched to."""
        choices = gr.update(choices=self._choices(language))
        if not self.map.is_made():
            yield choices, start_html(language), "", gr.skip()
            return
        for shown in self.draw(language, colour):
            yield choices, *shown

    def pick(self, event: gr.EventData) -> str:
        """Search near the clicked document."""
        return str(event.id)

    def colouring(self, points: CorpusMap, colour: str, language: Language) -> Colouring:
        """Colours by cluster, or by a metadata field."""
        if colour == CLUSTER:
            return by_cluster(points, language)
        facet = next((facet for facet in self._facets() if facet.name == colour), None)
        if facet is None:
            return by_cluster(points, language)
        return by_facet(facet, field_values(self.served.engine.path, points, colour), language)

    def _facets(self) -> list[Facet]:
        return facets_of(self.served.engine.path)

    def _choices(self, language: Language) -> list[tuple[str, str]]:
        return [(MAP.cluster.of(language), CLUSTER), *((facet.name, facet.name) for facet in self._facets())]


def start_html(language: Language) -> Markup:
    """What stands where the map will be."""
    return notice(language, "empty", MAP.start_title, MAP.start_body)


def computing(language: Language) -> Markup:
    """HTML shown while the map is made."""
    said = notice(language, "note", MAP.computing_title, MAP.computing_body)
    return Markup('<div class="se-map-ghost" aria-busy="true">{}</div>').format(said)


def about_html(points: CorpusMap, language: Language) -> Markup:
    """How many points, whether they are a sample, and how far the picture can be trusted."""
    return render("map_about", language, {"points": points, "most": MAX_POINTS})


def picture_of(points: CorpusMap, colouring: Colouring, language: Language) -> dict[str, Any]:
    """What the page's script draws; texts stay data there and never become HTML."""
    places = np.rint(points.places * GRID).astype(int)
    names = ("picture", "zoom_in", "zoom_out", "whole", "legend")
    return {
        "x": places[:, 0].tolist(),
        "y": places[:, 1].tolist(),
        "grid": GRID,
        "ids": list(points.ids),
        "labels": list(points.labels),
        "groups": list(colouring.groups),
        "legend": [{"label": label, "n": n} for label, n in colouring.legend],
        "shades": None if colouring.shades is None else list(colouring.shades),
        "scale": colouring.scale,
        "cluster": colouring.named,
        "words": {name: getattr(MAP, name).of(language) for name in names},
        "key": "{}.{}".format(*points.version),
    }


def by_cluster(points: CorpusMap, language: Language) -> Colouring:
    """A colour for each cluster, named by its telling words."""
    sizes = np.bincount(points.clusters, minlength=len(points.words)).tolist()
    names = [
        ", ".join(words) or MAP.unnamed.of(language).format(n=number)
        for number, words in enumerate(points.words, 1)
    ]
    return Colouring(points.clusters.tolist(), list(zip(names, sizes, strict=True)), named=True)


def by_facet(facet: Facet, values: Sequence[Json], language: Language) -> Colouring:
    """A colour for each frequent value, or a scale for numbers.

    Args:
        facet: the field.
        values: of each point; None where it has none.
        language: for the rest.
    """
    if facet.kind == "range":
        return _by_scale(facet, values)
    members = [
        [said(each) for each in (value if isinstance(value, list) else [value]) if each is not None]
        for value in values
    ]
    counts = Counter(name for names in members for name in set(names))
    frequent = [name for name, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))][
        :SHOWN_VALUES
    ]
    places = {name: place for place, name in enumerate(frequent)}
    groups, rest = [], len(frequent)
    for names in members:
        known = [places[name] for name in names if name in places]
        groups.append(min(known) if known else rest if names else -1)
    sizes = Counter(groups)
    legend = [(shortened(name, 40), sizes[place]) for name, place in places.items()]
    if sizes[rest]:
        legend.append((MAP.other.of(language), sizes[rest]))
    if sizes[-1]:
        groups = [len(legend) if group == -1 else group for group in groups]
        legend.append((MAP.without.of(language), sizes[-1]))
    return Colouring(groups, legend)


def _by_scale(facet: Facet, values: Sequence[Json]) -> Colouring:
    numbers = [
        float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
        for value in values
    ]
    there = sorted(number for number in numbers if number is not None)
    if not there:
        return Colouring(
            [-1] * len(values), [], [-1.0] * len(values), (f"{facet.least:g}", f"{facet.greatest:g}")
        )
    # By rank, so that one far value does not give all others one colour.
    ranks = np.searchsorted(there, [number if number is not None else 0.0 for number in numbers], "left")
    shades = [
        round(float(rank) / max(1, len(there) - 1), 3) if number is not None else -1.0
        for rank, number in zip(ranks, numbers, strict=True)
    ]
    return Colouring([-1] * len(values), [], shades, (f"{there[0]:g}", f"{there[-1]:g}"))


def field_values(path: Path, points: CorpusMap, field: str) -> list[Json]:
    """A field's value for each point; None where it has none, or where its document has been deleted."""
    with open_contents(path) as contents:
        values = contents.values([field], points.ids)[field]
        return [list(value) if isinstance(value, tuple) else value for value in values]
