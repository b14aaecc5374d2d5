-- A customer's newest orders need none: the foreign key's index is ordered by id within each customer, as every InnoDB index is.

-- There are no partial indexes here. One that begins with the status leads to the few that are open; the others are in it, too.
create index orders_open_idx on orders (status);

-- Covering: a report over days reads the index, and not the table.
create index orders_day_idx on orders (placed_at, status, total);
