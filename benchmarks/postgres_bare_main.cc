// What a bare batched insert reaches on a PostgreSQL server: the rows of our orders, made before
// the measurement, sent with one statement for each batch, the drop and the head updated beside
// them.
//   postgres_bare_main URL ROWS SECONDS TABLE    TABLE: `same` (a copy of ours with its indexes and
//   checks) or `plain` (with a primary key only). Says orders per second.
#include <chrono>
#include <iostream>
#include <random>

#include "benchmarks/shop.h"
#include "storage/postgres/pipeline.h"

namespace livedrops::benchmarks {
namespace {

using Steady = std::chrono::steady_clock;

constexpr char kInsert[] =
    "INSERT INTO bare_orders(seq, drop_no, off, at, amount, qty, balance, ttl, order_id, hash,"
    " user_id, idem_key)"
    " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],"
    " $6::integer[], $7::integer[], $8::integer[], $9::uuid[], $10::bytea[], $11::text[],"
    " $12::text[])";

struct Row {
  std::uint64_t seq = 0;
  Time at;
  std::string user;
  std::string key;
  std::array<std::uint8_t, 16> order_id{};
  Hash hash{};
};

std::vector<Row> MakeRows(int count) {
  std::mt19937_64 random(1);
  std::vector<Row> rows(static_cast<std::size_t>(count));
  for (Row& row : rows) {
    row.user = "u" + std::to_string(1'000'000'000 + random() % 1'000'000);
    row.key =
        "9f3c2ab1-0001-4000-8000-" + std::to_string(100'000'000'000 + random() % 900'000'000'000);
    for (auto& byte : row.order_id) byte = static_cast<std::uint8_t>(random());
    for (auto& byte : row.hash) byte = static_cast<std::uint8_t>(random());
  }
  return rows;
}

void Must(const Status& status) {
  if (!status.ok()) Die(status.ToString());
}

// The tables of the shop exist already: whoever measures opened it before.
void MakeTables(postgres::Connection& connection, bool same) {
  Must(
      connection.RunScript("DROP TABLE IF EXISTS bare_orders, bare_drop, bare_head;"
                           "CREATE TABLE bare_drop(stock integer) WITH (fillfactor = 20);"
                           "INSERT INTO bare_drop VALUES(0);"
                           "CREATE TABLE bare_head(seq bigint, hash bytea) WITH (fillfactor = 10);"
                           "INSERT INTO bare_head VALUES(0, '');"));
  Must(connection.RunScript(same ? "CREATE TABLE bare_orders(LIKE orders INCLUDING ALL)"
                                 : "CREATE TABLE bare_orders(LIKE orders);"
                                   "ALTER TABLE bare_orders ADD PRIMARY KEY(seq)"));
}

postgres::Params BatchParams(std::span<const Row> rows) {
  postgres::Params params;
  params.AddColumn(rows, [](const Row& row) { return row.seq; })
      .AddColumn(rows, [](const Row&) { return std::int64_t{1}; })
      .AddColumn(rows, [](const Row& row) { return row.seq; })
      .AddColumn(rows, [](const Row& row) { return row.at; })
      .AddColumn(rows, [](const Row&) { return std::int64_t{1999}; })
      .AddColumn(rows, [](const Row&) { return 1; })
      .AddColumn(rows, [](const Row&) { return 1'000'000; })
      .AddColumn(rows, [](const Row&) { return 0; })
      .AddColumn(rows, [](const Row& row) { return row.order_id; })
      .AddColumn(rows, [](const Row& row) { return row.hash; })
      .AddColumn(rows, [](const Row& row) { return std::string_view(row.user); })
      .AddColumn(rows, [](const Row& row) { return std::string_view(row.key); });
  return params;
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.size() != 4) {
    std::cerr << "usage: postgres_bare_main URL ROWS SECONDS same|plain\n";
    return 64;
  }
  const int batch = std::stoi(arguments[1]);
  const std::chrono::duration<double> limit(std::stod(arguments[2]));
  postgres::ConnectionOptions options;
  options.url = arguments[0];
  options.writes = true;
  auto connection = postgres::Connection::Open(options);
  Must(connection.status());
  MakeTables(**connection, arguments[3] == "same");
  std::vector<Row> pool = MakeRows(200 * batch);
  std::uint64_t seq = 0;
  const auto start = Steady::now();
  while (Steady::now() - start < limit) {
    const std::size_t from = seq % pool.size();
    const std::span<Row> rows(pool.data() + from, static_cast<std::size_t>(batch));
    for (Row& row : rows) row.seq = ++seq, row.at = TimeFromMs(static_cast<std::int64_t>(seq));
    postgres::Params head;
    head.Add(seq).Add(rows.back().hash);
    postgres::Pipeline pipeline(**connection);
    pipeline.Add(kInsert, BatchParams(rows));
    pipeline.Add("UPDATE bare_drop SET stock = stock + 1");
    Must(pipeline.Add("UPDATE bare_head SET seq = $1, hash = $2", head).Run().status);
  }
  const std::chrono::duration<double> took = Steady::now() - start;
  std::cout << static_cast<double>(seq) / took.count() << std::endl;
  Must((*connection)->RunScript("DROP TABLE bare_orders, bare_drop, bare_head"));
  return 0;
}

}  // namespace
}  // namespace livedrops::benchmarks

int main(int argc, char** argv) { return livedrops::benchmarks::Main({argv + 1, argv + argc}); }
