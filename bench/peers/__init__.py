"""One module a library. Each offers what it can of

epoch(X, y, batch)   -> a function that runs one epoch of softmax (or one-vs-rest logistic) minibatch descent
gradient(X, y)       -> a function that evaluates the mean softmax loss and its gradient once
"""
