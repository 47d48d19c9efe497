// Owns the order in which a page is drawn and walked through: figures come before formulas, and the Tab key skips these.
(() => {
    // What a library puts at owner[name] is changed before anybody uses it; until then, `value` is there.
    const watch = (owner, name, change, value) =>
        Object.defineProperty(owner, name, {
            configurable: true,
            enumerable: true,
            get: () => value,
            set: given => { value = change(given); },
        });

    // The browser shows what there is, and listens to the reader, before it goes on.
    const later = window.requestIdleCallback ? run => requestIdleCallback(run, { timeout: 50 }) : run => setTimeout(run);
    const rest = () => new Promise(done => setTimeout(() => later(done), 100));

    // Plotly is large: it is asked for before it is known which figures there are, wherever there are any.
    let loaded;
    const loading = new Promise(done => { loaded = done; });
    const soon = {
        react: (graph, figure) => loading.then(plotly => plotly.react(graph, figure)),
        purge: graph => loading.then(plotly => plotly.purge(graph)),
        Plots: { resize: graph => loading.then(plotly => plotly.Plots.resize(graph)) },
    };
    const has_figures = window.location.pathname !== "/";
    let turn = Promise.resolve();
    watch(window, "Plotly", plotly => {
        const react = plotly.react;
        plotly.react = (graph, figure) => {
            if (graph.layout) return react(graph, figure);
            const drawn = turn.then(() => react(graph, figure));
            turn = drawn.catch(() => {}).then(rest);
            return drawn;
        };
        loaded(plotly);
        return plotly;
    }, has_figures ? soon : undefined);
    if (has_figures) {
        const script = document.createElement("script");
        script.src = "/_dash-component-suites/plotly/package_data/plotly.min.js";
        document.head.append(script);
    }

    // The Tab key goes from control to control. It stops only at those formulas, and what is around them, that scroll.
    const set_stops = () => {
        for (const shown of document.querySelectorAll("mjx-container[tabindex]:not([display])")) shown.removeAttribute("tabindex");
        for (const box of document.querySelectorAll("main :is(p, ol, ul, table), mjx-container[display]")) {
            if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
            else box.removeAttribute("tabindex");
        }
    };

    // Formulas are set a few at a time, when the browser has nothing else to do.
    const formulas = [];
    watch(window, "MathJax", mathjax => {
        watch(mathjax, "typeset", typeset => {
            const next = () => {
                const end = performance.now() + 20;
                try {
                    while (formulas.length && performance.now() < end) {
                        const formula = formulas.shift();
                        if (formula.isConnected) typeset([formula]);
                    }
                } finally {
                    if (formulas.length) later(next);
                    else set_stops();
                }
            };
            return elements => {
                if (!formulas.length) later(next);
                formulas.push(...elements);
            };
        });
        return mathjax;
    });
})();
