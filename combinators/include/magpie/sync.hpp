#pragma once

/// What tasks synchronize by.

#include <magpie/barrier.hpp>
#include <magpie/channel.hpp>
#include <magpie/event.hpp>
#include <magpie/generator.hpp>
#include <magpie/latch.hpp>
#include <magpie/mutex.hpp>
#include <magpie/semaphore.hpp>
#include <magpie/shared_mutex.hpp>
