#include "server/net/http_parser.h"

#include <gtest/gtest.h>
