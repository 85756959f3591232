"""The Gradio page: `build_demo` makes it for an engine or a served index, `mount_demo` puts it on a FastAPI app."""

from simengine.serving.demo.app import build_demo, mount_demo

__all__ = ["build_demo", "mount_demo"]
