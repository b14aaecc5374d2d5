-- Each foreign key has an index already: InnoDB makes one where there is none. A category is listed by this one.
create index products_category_idx on products (category, id);
