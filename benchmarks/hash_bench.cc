// What an order costs in hashes: two keyed ones to find it, one SHA-256 for the chain.
#include <benchmark/benchmark.h>

#include "src/base/sha256.h"
#include "src/base/siphash.h"

namespace livedrops {
namespace {

// As long as the text of an order's log row.
void BM_Sha256OfLogRow(benchmark::State& state) {
  Sha256 sha256;
  std::string text(260, 'x');
  for (auto _ : state) {
    const Hash hash = sha256.Of(text);
    text[0] = static_cast<char>(hash[0]);  // The next one depends on it, as in the chain.
  }
}
BENCHMARK(BM_Sha256OfLogRow)->Name("hash/sha256_log_row");

void BM_SipHashOfUserAndKey(benchmark::State& state) {
  const SipKey key{1, 2};
  std::string user = "u0000123456";
  const std::string text = "9f3c2ab1-0001-4000-8000-0000000000ff";
  for (auto _ : state) {
    const Hash128 scope = SipHash(key, user);
    const Hash128 hash = SipHash(key, scope, text);
    user[1] = static_cast<char>('0' + hash.low % 10);
  }
}
BENCHMARK(BM_SipHashOfUserAndKey)->Name("hash/siphash_user_and_key");

}  // namespace
}  // namespace livedrops
