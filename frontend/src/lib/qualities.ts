/** What the API's qualities are called, the fastest first. */
export const qualities = [
  { value: "low", label: "Draft" },
  { value: "medium", label: "Standard" },
  { value: "high", label: "Fine" },
];
