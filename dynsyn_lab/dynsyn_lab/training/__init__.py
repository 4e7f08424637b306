"""The offline trainer: populations of lifetimes, their run folder and backends."""
