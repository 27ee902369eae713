#pragma once

/// gather() and gather_outcomes() of several awaitables, of a range of them, of handles, and with a limit.
#include <magpie/gather_handles.hpp>
#include <magpie/gather_outcomes.hpp>
#include <magpie/gather_range.hpp>
#include <magpie/gather_several.hpp>
#include <magpie/limited_gather.hpp>
