"""Front ends over one engine: the REST service, the page, the tools for agents."""
