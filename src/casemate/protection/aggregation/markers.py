"""The marks of cells: what stands in a cell that does not hold its true value."""

CONFIDENTIAL, ROUNDED, PERTURBED, PLAIN = "c", "r", "p", ""
LEGEND = {
    CONFIDENTIAL: "confidential: not published",
    ROUNDED: "rounded",
    PERTURBED: "changed at random by a small amount; totals need not add up",
}
