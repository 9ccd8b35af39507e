// What every peer is given to do, and how it is seen that they did the same.

// What is stored, the same statement for all.
export const CHECK = "SELECT count(*) AS documents, sum(total) AS total, sum(weight) AS weight, "
  + "sum(length(email) + coalesce(length(remark), 0)) AS characters, lower(hex(max(id))) AS last, "
  + "max(placed) AS placed FROM sale";

// What was read.
export const digest = (sales) => {
  let [total, weight, characters] = [0, 0, 0];
  for (const sale of sales) {
    total += sale.total;
    weight += sale.weight;
    characters += sale.email.length + (sale.remark?.length ?? 0);
  }
  return { documents: sales.length, total, weight, characters };
};
