// Pipeline: statements that travel to the server together and are one transaction there.
//
// Without BEGIN they are an implicit transaction, which the end of the pipeline commits; after
// BEGIN they belong to that one. Either way one round trip.
#pragma once

#include <vector>

#include "storage/postgres/connection.h"

namespace livedrops::postgres {

// How a pipeline ended.
struct PipelineEnd {
  Status status;
  // False: the transaction may or may not be committed.
  bool certain = true;
  // Of each statement that was added, in order; null for those that were not run.
  std::vector<ResultPtr> results;
};

// Threading: that of its connection. One use.
class Pipeline {
 public:
  explicit Pipeline(Connection& connection);

  // `sql` must outlive the connection: a literal or a static string.
  Pipeline& Add(const char* sql, const Params& params);
  Pipeline& Add(const char* sql) { return Add(sql, Params()); }
  // The following statements belong to a transaction that AddCommit, here or later, ends.
  Pipeline& AddBegin(const char* sql = "BEGIN");
  Pipeline& AddCommit();

  // Sends it and waits for all answers.
  PipelineEnd Run();

 private:
  enum class Kind { prepare, setting, run, commit, sync };
  struct Entry {
    Kind kind;
    const char* sql = nullptr;
    std::size_t index = 0;  // In the results.
  };

  void AddSettings();
  void Send(const char* sql, const Params& params, Kind kind);
  // Waits for the answers to one entry. False: the connection is lost.
  bool Take(const Entry& entry, PipelineEnd* end);
  void Note(const Entry& entry, const ServerError& error, PipelineEnd* end) const;
  bool Commits(const Entry& entry) const;

  Connection& connection_;
  std::vector<Entry> entries_;
  std::size_t statements_ = 0;
  bool in_transaction_;  // After BEGIN.
  bool needs_settings_;  // The server's session may have been another client's.
  bool ok_ = true;       // All of it could be sent.
};

}  // namespace livedrops::postgres
