"""One module a library. Each has a VERSION and offers what it can of

solvers(n, d, K)         -> names of its solvers for logistic regression (K = 2) or softmax, the likely best first
fit(X, y, C, solver, tol) -> W of (K, d), or (d,) for two classes, and b: a cold fit of

    mean_i loss(y_i, W x_i + b) + |W|^2 / (2 C n),   b not penalised

                            solver "default" is what its users get who set nothing but C
latency(X, y)            -> {name: function}: a fit at the defaults, and the prediction of one row

epoch(X, y, batch)       -> a function that runs one epoch of softmax (or one-vs-rest logistic) minibatch descent;
                            epoch(X, y, batch, "momentum" or "adam") where a library has them
gradient(X, y)           -> a function that evaluates the mean softmax loss and its gradient once
"""
