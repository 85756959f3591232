"""Make the delta of a fine-tuned model that ships inside the package.

python benchmarks/bundle_model.py RUN                    sizes, errors and dev figures of several ranks; writes nothing
python benchmarks/bundle_model.py RUN --rank 96          write simengine/models/bundled/<name of the run>
python benchmarks/bundle_model.py RUN --rank 96 --name multilingual-nli --base multilingual-e5-small
python benchmarks/bundle_model.py RUN --mean BEFORE ... the mean of the weights of RUN and of a run that RUN began from

RUN is the folder of `simengine train --recipe minilm-nli -o RUN`. The figures are those of the merged delta on the dev
sets of the run's recipe; test sets play no part in the choice of the rank.

The mean of two stages often keeps what the first one knew beside what the second one learnt (Wortsman et al., Robust
fine-tuning of zero-shot models, CVPR 2022).
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from _common import ROOT
from _training import data_or_exit

from simengine.cross_encoders.nli import NLIModel
from simengine.evaluation.assessment import assess_nli
from simengine.models.deltas import make_delta, merge_delta
from simengine.models.resolve import resolve_model
from simengine.training.recipe_file import recipe_from_dict
from simengine.training.tasks import load_task

RANKS = (16, 32, 64, 96, 128)
WEIGHTS = "model.safetensors"


def accuracies(model: str, run: Path) -> dict[str, float]:
    """Accuracy on each dev source of the run's recipe."""
    recipe = recipe_from_dict(json.loads((run / "recipe.json").read_text()), str(run))
    task = load_task(recipe)
    classifier = NLIModel.load(model, offline=True)
    found = {}
    for source in recipe.dev:
        pairs = task.read(source).examples
        probabilities = classifier.probabilities([(pair.text1, pair.text2) for pair in pairs])
        result = assess_nli(pairs, probabilities, classifier.labels).result.to_dict()
        found[source.name] = round(float(str(result["accuracy"])), 4)
    return found


def mean_of(first: Path, second: Path, target: Path) -> Path:
    """Write a model with the mean of two models' weights, and all else of the second one."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(second, target)
    one, other = (load_file(folder / WEIGHTS) for folder in (first, second))
    mean = {
        name: ((one[name].float() + value.float()) / 2).to(value.dtype)
        if value.is_floating_point()
        else value
        for name, value in other.items()
    }
    save_file(mean, target / WEIGHTS, metadata={"format": "pt"})
    return target


def main() -> None:
    """Compare ranks, or write one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--rank", type=int)
    parser.add_argument("--name", help="of the model, if not that of the run")
    parser.add_argument("--mean", type=Path, help="another run: ship the mean of both")
    parser.add_argument("--base", help="what the difference is to, if not the default bi-encoder")
    arguments = parser.parse_args()
    data_or_exit()
    base = resolve_model(arguments.base, offline=True).path
    tuned = arguments.run / "model"
    if arguments.mean is not None:
        tuned = mean_of(arguments.mean / "model", tuned, Path(tempfile.mkdtemp()) / "model")
    if arguments.rank is not None:
        target = ROOT / "simengine" / "models" / "bundled" / (arguments.name or arguments.run.name)
        info = make_delta(base, tuned, target, rank=arguments.rank)
        print(f"{info.folder}: {info.n_bytes / 1e6:.2f} MB")
        print(accuracies(str(merge_delta(target)), arguments.run))
        return
    print("all weights:", accuracies(str(tuned), arguments.run))
    with tempfile.TemporaryDirectory() as place:
        for rank in RANKS:
            target = Path(place) / f"rank-{rank}"
            info = make_delta(base, tuned, target, rank=rank)
            print(
                f"rank {rank}: {info.n_bytes / 1e6:.2f} MB,",
                accuracies(str(merge_delta(target)), arguments.run),
                flush=True,
            )


if __name__ == "__main__":
    main()
