//! What is shown of a prediction: a table, a chart and the contradictions, in 80 columns.
