#pragma once

/// All of magpie's public interface.

#include <magpie/as_completed.hpp>
#include <magpie/blocking.hpp>
#include <magpie/cancellation.hpp>
#include <magpie/clock.hpp>
#include <magpie/completion.hpp>
#include <magpie/errors.hpp>
#include <magpie/gather.hpp>
#include <magpie/gather_handles.hpp>
#include <magpie/join_handle.hpp>
#include <magpie/outcome.hpp>
#include <magpie/parallel.hpp>
#include <magpie/race.hpp>
#include <magpie/runtime.hpp>
#include <magpie/shared_handle.hpp>
#include <magpie/sleep.hpp>
#include <magpie/sync.hpp>
#include <magpie/task.hpp>
#include <magpie/task_group.hpp>
#include <magpie/testing.hpp>
#include <magpie/timeout.hpp>
#include <magpie/wait.hpp>
#include <magpie/yield.hpp>
