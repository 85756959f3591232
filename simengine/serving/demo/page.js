(() => {
    const stored = (name) => { try { return localStorage.getItem(name); } catch (error) { return null; } };
    const store = (name, value) => { try { localStorage.setItem(name, value); } catch (error) { /* private window */ } };

    // "/" goes to the box of the open tab, wherever the cursor is not in a text already; Escape leaves the box.
    document.addEventListener("keydown", (event) => {
        const target = event.target;
        const typing = target.closest && target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable=true]");
        if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
            const boxes = document.querySelectorAll("#se-tabs .tabitem textarea, #se-tabs .tabitem input[type=text]");
            for (const box of boxes) {
                if (box.offsetParent !== null) { event.preventDefault(); box.focus(); box.select(); return; }
            }
        }
        // Gradio gives each radio button a name of its own, so that the browser knows no group: arrows move here.
        const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
        if (step && target.matches && target.matches("input[type=radio]")) {
            const group = [...target.closest(".wrap").querySelectorAll("input[type=radio]:not(:disabled)")];
            const next = group[(group.indexOf(target) + step + group.length) % group.length];
            event.preventDefault();
            next.focus();
            next.click();
        }
        if (event.key === "Escape" && typing) target.blur();
    });

    // Light or dark: as the system has it, until the button is used. Gradio sets the class on its own when it has
    // loaded, so the wish is enforced whenever the class changes.
    const enforce = () => {
        const wanted = stored("simengine-scheme");
        const asked = new URL(window.location).searchParams.get("__theme");
        const dark = wanted === "dark";
        if (asked === null && wanted !== null && document.body.classList.contains("dark") !== dark) {
            document.body.classList.toggle("dark", dark);
        }
    };
    window.simengineScheme = () => {
        const dark = !document.body.classList.contains("dark");
        store("simengine-scheme", dark ? "dark" : "light");
        document.body.classList.toggle("dark", dark);
    };
    const watch = () => {
        enforce();
        new MutationObserver(enforce).observe(document.body, {attributes: true, attributeFilter: ["class"]});
    };
    // Gradio puts this script into the page when it has loaded, which may be long after the document has.
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", watch);
    else watch();
})();
