"""The page over an index, as a program of its own: python apps/search_demo.py indexes/corpus

A start for pages of your own: `build_demo` gives a `gradio.Blocks`, `mount_demo` puts it on any FastAPI app.
"""

from __future__ import annotations

import os
import sys

import uvicorn
from fastapi import FastAPI

from simengine import Engine


def main(path: str, port: int = 7860) -> None:
    """Serve the page for the index at `path` on this machine until Ctrl-C."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before Gradio is imported
    from simengine.serving.demo import build_demo, mount_demo

    with Engine.open(path) as engine:
        uvicorn.run(mount_demo(FastAPI(), build_demo(engine)), host="127.0.0.1", port=port)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python apps/search_demo.py INDEX")
    main(sys.argv[1])
