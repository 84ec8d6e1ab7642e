// What the tests of the SQLite storage share: a directory of their own, storages that are open,
// plain SQL, and a storage factory.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "livedrops/testing/storage_conformance.h"
#include "storage/sqlite/sqlite_storage.h"

namespace livedrops {

// A new directory, removed with everything in it.
class TempDirectory {
 public:
  TempDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "livedrops-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TempDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  std::string File(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

// Nothing here is about power cuts.
inline SqliteOptions FastSqlite() {
  SqliteOptions options;
  options.synchronous = SqliteOptions::Synchronous::off;
  return options;
}

inline std::unique_ptr<Storage> OpenOrDie(const std::string& path,
                                          const SqliteOptions& options = FastSqlite()) {
  auto storage = OpenSqliteStorage(path, {}, options);
  EXPECT_TRUE(storage.ok()) << storage.status().ToString();
  return storage.ok() ? std::move(*storage) : nullptr;
}

// Runs SQL as an outsider would, on a connection of its own. Each row is its columns joined by '|'.
inline std::vector<std::string> RunSql(const std::string& path, const std::string& sql) {
  std::vector<std::string> rows;
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  const auto add = [](void* out, int count, char** values, char**) {
    std::string row;
    for (int i = 0; i < count; ++i) {
      row.append(i == 0 ? "" : "|").append(values[i] == nullptr ? "NULL" : values[i]);
    }
    static_cast<std::vector<std::string>*>(out)->push_back(row);
    return 0;
  };
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), add, &rows, &error), SQLITE_OK)
      << (error == nullptr ? "" : error);
  sqlite3_free(error);
  sqlite3_close(db);
  return rows;
}

class SqliteFactory : public StorageFactory {
 public:
  explicit SqliteFactory(const SqliteOptions& options = FastSqlite()) : options_(options) {}
  Result<std::unique_ptr<Storage>> Create() override {
    path_ = directory_.File("shop" + std::to_string(++count_) + ".db");
    return Open();
  }
  Result<std::unique_ptr<Storage>> Open() override {
    return OpenSqliteStorage(path_, {}, options_);
  }
  const std::string& path() const { return path_; }

 private:
  TempDirectory directory_;
  SqliteOptions options_;
  std::string path_;
  int count_ = 0;
};

}  // namespace livedrops
