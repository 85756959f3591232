"""Recommendations from texts and histories, with reasons.

Importing this package loads only numpy; scipy, scikit-learn, implicit and faiss are loaded on demand.

Example:
    >>> import numpy as np
    >>> from simengine.recommend import Interactions, ItemVectors, TextRecommender
    >>> items = ItemVectors.from_vectors(["a", "b", "c"], np.array([[1, 0], [0.9, 0.1], [0, 1.0]]))
    >>> history = Interactions.from_arrays(users=["ann", "ann"], items=["a", "c"], ratings=[5, 1])
    >>> ids, scores = TextRecommender(items).fit(history).recommend("ann", N=1)
    >>> ids.tolist()
    ['b']
"""

from simengine.recommend.blend import Blend, BlendOptions
from simengine.recommend.evaluation import (
    RecommendationMetrics,
    evaluate_recommendations,
    leave_last_out,
    relevant_items,
    split_by_time,
)
from simengine.recommend.histories import Histories, PreferenceOptions
from simengine.recommend.interaction_files import read_interactions
from simengine.recommend.interactions import Interactions
from simengine.recommend.items import ItemVectors
from simengine.recommend.profiles import ProfileOptions
from simengine.recommend.ranking import ListOptions
from simengine.recommend.recommender import TextRecommender
from simengine.recommend.scorers.als import AlsScorer
from simengine.recommend.scorers.content import ContentScorer
from simengine.recommend.scorers.contract import FeatureScorer, Scorer, ScoringBatch, Training
from simengine.recommend.scorers.ease import EaseScorer
from simengine.recommend.scorers.item_knn import ItemKNNScorer
from simengine.recommend.scorers.popularity import PopularityScorer
from simengine.recommend.tastes import Taste
from simengine.recommend.veto import DocumentTable, Veto

__all__ = [
    "AlsScorer",
    "Blend",
    "BlendOptions",
    "ContentScorer",
    "DocumentTable",
    "EaseScorer",
    "FeatureScorer",
    "Histories",
    "Interactions",
    "ItemKNNScorer",
    "ItemVectors",
    "ListOptions",
    "PopularityScorer",
    "PreferenceOptions",
    "ProfileOptions",
    "RecommendationMetrics",
    "Scorer",
    "ScoringBatch",
    "Taste",
    "TextRecommender",
    "Training",
    "Veto",
    "evaluate_recommendations",
    "leave_last_out",
    "read_interactions",
    "relevant_items",
    "split_by_time",
]
