// The two kinds of call, each behind the guard: a command with its reply, a read with its page.
#pragma once

#include <vector>

#include "capi/arguments.h"
#include "capi/guard.h"
#include "capi/page.h"
#include "capi/requests.h"
#include "capi/results.h"
#include "capi/shop.h"

namespace livedrops::capi {

// `answer(service)` gives a Reply. The reply hears what the error hears.
template <class CReply, class Answer>
ld_status_t Command(ld_shop_t* shop, CReply* reply, ld_error_t* error, Answer answer) {
  ld_error_t told;
  bool replying = false;
  const ld_status_t status = Guard(&told, [&]() -> Status {
    if (Status bad = CheckStruct("reply", reply); !bad.ok()) return bad;
    replying = true;
    const Visit visit(shop);
    if (!visit.status().ok()) return visit.status();
    const Reply answered = answer(visit.service());
    if (answered.status.ok()) Fill(answered, reply);
    return answered.status;
  });
  if (replying) reply->error = told;
  if (replying && status != LD_OK) reply->outcome = LD_OUTCOME_NONE;
  if (error != nullptr) *error = told;
  return status;
}

// `run(service, request)` gives a Reply to one Request, made from the C one.
template <class Request, class CRequest, class CReply, class Run>
ld_status_t Command(ld_shop_t* shop, const CRequest* request, CReply* reply, ld_error_t* error,
                    Run run) {
  return Command(shop, reply, error, [&](Service& service) {
    Reply refused;
    refused.status = CheckStruct("request", request);
    if (!refused.status.ok()) return refused;
    Request wanted;
    refused.status = ReadRequest(*request, &wanted);
    return refused.status.ok() ? run(service, wanted) : refused;
  });
}

// Reads what can be read; `places` are their indexes. The others are answered here.
template <class Request, class CRequest, class CReply>
void ReadBatch(const CRequest* from, CReply* replies, std::size_t n, std::vector<Request>* requests,
               std::vector<std::size_t>* places) {
  requests->reserve(n);
  places->reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    Reply refused;
    refused.status = ReadRequest(from[i], &requests->emplace_back());
    if (refused.status.ok()) {
      places->push_back(i);
    } else {
      Fill(refused, &replies[i]);
      requests->pop_back();
    }
  }
}

// `run(service, requests, replies)` answers many. When the call fails, each reply hears that.
template <class Request, class CRequest, class CReply, class Run>
ld_status_t Batch(ld_shop_t* shop, const CRequest* requests, CReply* replies, std::size_t n,
                  ld_error_t* error, Run run) {
  ld_error_t told;
  bool replying = false;
  const ld_status_t status = Guard(&told, [&]() -> Status {
    if (Status bad = CheckBatch(requests, replies, n); !bad.ok()) return bad;
    replying = true;
    const Visit visit(shop);
    if (!visit.status().ok()) return visit.status();
    std::vector<Request> wanted;
    std::vector<std::size_t> places;
    ReadBatch(requests, replies, n, &wanted, &places);
    std::vector<Reply> answers(wanted.size());
    run(visit.service(), wanted, answers);
    for (std::size_t i = 0; i < answers.size(); ++i) Fill(answers[i], &replies[places[i]]);
    return OkStatus();
  });
  for (std::size_t i = 0; replying && status != LD_OK && i < n; ++i) {
    replies[i].struct_size = sizeof(CReply);
    replies[i].error = told;
    replies[i].outcome = LD_OUTCOME_NONE;
  }
  if (error != nullptr) *error = told;
  return status;
}

// `read(service)` gives a Result of what a page is made of.
template <class Read>
ld_status_t ReadPage(ld_shop_t* shop, ld_page_t** page, ld_error_t* error, Read read) {
  return Guard(error, [&]() -> Status {
    if (page == nullptr) return IsNull("page");
    *page = nullptr;
    const Visit visit(shop);
    if (!visit.status().ok()) return visit.status();
    auto found = read(visit.service());
    if (!found.ok()) return found.status();
    *page = NewPage(std::move(*found)).release();
    return OkStatus();
  });
}

// Like that, with a filter that may be NULL; `read(service, filter)`.
template <class Filter, class CFilter, class Read>
ld_status_t ReadPage(ld_shop_t* shop, const char* name, const CFilter* filter,
                     const CFilter& otherwise, ld_page_t** page, ld_error_t* error, Read read) {
  using Found = decltype(read(std::declval<Service&>(), std::declval<const Filter&>()));
  return ReadPage(shop, page, error, [&](Service& service) -> Found {
    const auto given = OrDefault(name, filter, otherwise);
    if (!given.ok()) return given.status();
    Filter wanted;
    if (Status bad = ReadRequest(*given, &wanted); !bad.ok()) return bad;
    return read(service, wanted);
  });
}

// `read(service)` gives a Result of what is filled into `*out`, a struct called `name`.
template <class Out, class Read>
ld_status_t ReadOne(ld_shop_t* shop, const char* name, Out* out, ld_error_t* error, Read read) {
  return Guard(error, [&]() -> Status {
    if (Status bad = CheckStruct(name, out); !bad.ok()) return bad;
    const Visit visit(shop);
    if (!visit.status().ok()) return visit.status();
    const auto found = read(visit.service());
    if (found.ok()) Fill(*found, out);
    return found.status();
  });
}

}  // namespace livedrops::capi
