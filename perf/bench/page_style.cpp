#include "bench/page_style.hpp"

#include <fmt/format.h>

namespace bench {
namespace {

constexpr const char* sheet = R"css(
:root{color-scheme:light dark;--paper:#f6f6f3;--card:#fff;--ink:#16181d;--soft:#5b6270;--faint:#8b93a1;--rule:#e3e4e1;
--grid:#ececea;--accent:#1f4fd8;--bad:#b42318;--warm:#e8590c;--peer-l:.6;--peer-c:.135;--grey:#8d95a3}
@media (prefers-color-scheme:dark){:root{--paper:#0f1115;--card:#171a20;--ink:#e9ebef;--soft:#a3abb8;--faint:#78808e;
--rule:#2a2f38;--grid:#242932;--accent:#7aa2ff;--bad:#ff8a7a;--warm:#ff8c42;--peer-l:.74;--peer-c:.12;--grey:#838c9b}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;scroll-padding-top:3.5rem;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main,.top{max-width:76rem;margin:0 auto;padding:0 1.25rem}
h1{font-size:clamp(1.7rem,4.5vw,2.6rem);line-height:1.12;letter-spacing:-.025em;margin:0 0 .4rem}
h2{font-size:1.45rem;letter-spacing:-.015em;margin:3.2rem 0 .3rem}
h3{font-size:1.06rem;margin:0}
p{margin:.35rem 0;max-width:46rem}
a{color:inherit}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.soft{color:var(--soft)}
.top{padding-top:2.6rem}
.eyebrow{font-size:.8rem;letter-spacing:.08em;text-transform:uppercase;color:var(--faint);margin:0 0 .5rem}
.verdict{font-size:1.14rem;max-width:50rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.8rem;margin:1.4rem 0 0}
.tile{background:var(--card);border:1px solid var(--rule);border-radius:12px;padding:.85rem 1rem}
.tile b{display:block;font-size:1.75rem;line-height:1.15;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.tile span{font-size:.86rem;color:var(--soft)}
.alarm{border:1px solid var(--bad);border-left-width:5px;border-radius:10px;padding:.6rem 1rem;margin:1.2rem 0 0;background:var(--card)}
.alarm ul{margin:.3rem 0;padding-left:1.1rem}
nav{position:sticky;top:0;z-index:3;background:color-mix(in srgb,var(--paper) 92%,transparent);backdrop-filter:blur(8px);
border-bottom:1px solid var(--rule);margin-top:1.6rem}
nav div{max-width:76rem;margin:0 auto;padding:.55rem 1.25rem;display:flex;gap:1.1rem;overflow-x:auto;white-space:nowrap;font-size:.9rem}
nav a{text-decoration:none;color:var(--soft)}nav a:hover{color:var(--ink)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,21rem),1fr));gap:1rem;margin-top:1rem;align-items:start}
.card{background:var(--card);border:1px solid var(--rule);border-radius:14px;padding:1rem 1.15rem 1.05rem}
.card>h3{margin-bottom:.45rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem .9rem;margin:0;font-size:.92rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.figure{margin-top:1rem;scroll-margin-top:3.5rem}
.figure header{display:flex;flex-wrap:wrap;gap:.1rem .8rem;align-items:baseline}
.figure header code{color:var(--faint);font-size:.8rem}
.figure p{font-size:.93rem}
.plots{columns:19.5rem;column-gap:1.6rem;margin-top:.7rem}
.plots figure{margin:0;padding:.2rem 0 .5rem;max-width:30rem;break-inside:avoid}
figcaption{font-size:.83rem;font-weight:600;color:var(--soft);margin-bottom:.2rem}
svg.plot{display:block;width:100%;height:auto;overflow:visible;font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
svg text{fill:var(--ink)}
svg .end{text-anchor:end}svg .middle{text-anchor:middle}
svg .tick,svg .axis{fill:var(--faint);font-size:11px}
svg .value{font-variant-numeric:tabular-nums}
svg .ratio{fill:var(--soft);font-variant-numeric:tabular-nums}
svg .first{font-weight:700}
svg .absent{fill:var(--faint);font-style:italic}
svg .failed{fill:var(--bad);font-weight:600}
svg .grid{stroke:var(--grid)}
svg .bar{fill:var(--c)}
svg .whisker{stroke:var(--ink);stroke-width:1.1;opacity:.75}
svg .whisker.own{stroke:var(--c);stroke-width:1.2;opacity:.6}
svg .hit{fill:transparent}
svg .line{fill:none;stroke:var(--c);stroke-width:1.7;stroke-linejoin:round}
svg .p0 .line{stroke-width:3}
svg .marks{fill:var(--c)}
svg .ideal{fill:none;stroke:var(--faint);stroke-dasharray:4 4}
svg .leader{stroke:var(--c);opacity:.45;stroke-width:1}svg .faint{stroke:var(--faint)}
svg .end-label{fill:var(--ink);font-size:11.5px}
svg .strip{stroke:var(--accent);opacity:.4;stroke-width:1.4}
.peer{transition:opacity .15s}
details{margin-top:.7rem;font-size:.9rem}
summary{cursor:pointer;color:var(--soft);width:max-content;max-width:100%}
summary:hover{color:var(--ink)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
.scroll{overflow-x:auto;margin-top:.5rem}
table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums;white-space:nowrap}
th,td{padding:.28rem .6rem;text-align:right;border-bottom:1px solid var(--rule)}
th{font-weight:600;color:var(--soft);vertical-align:bottom}
th:first-child,td.text,th.text{text-align:left}
tr.best td{font-weight:650}
td.none{color:var(--faint)}td.bad{color:var(--bad);font-weight:600}
td.wrap{white-space:normal;min-width:14rem}
.glances{display:flex;flex-wrap:wrap;gap:1rem;margin-top:1rem}
.glances .card{flex:0 1 auto;min-width:0;max-width:100%;margin:0}
.matrix th[scope=row]{position:sticky;left:0;background:var(--card);z-index:1;font-weight:500;color:var(--ink);text-align:left;
white-space:normal;min-width:8.5rem}
.matrix th[scope=row] a{text-decoration:none}.matrix th[scope=row] a:hover{text-decoration:underline}
.matrix td{text-align:center;border:2px solid var(--card);border-radius:6px;min-width:3.4rem;padding:.24rem .4rem;
background:color-mix(in oklab,var(--warm) calc(var(--h,0)*1%),var(--grid))}
.matrix td.win{background:color-mix(in oklab,var(--accent) 82%,var(--card));color:#fff;font-weight:700}
.matrix td.near{background:color-mix(in oklab,var(--accent) 24%,var(--card))}
.matrix td.none,.matrix td.ref{background:none}
.matrix td.ref{color:var(--soft)}
.matrix th[scope=col]{text-align:center;font-size:.8rem;white-space:normal;min-width:3.6rem}
.matrix .group th{padding-top:.9rem;color:var(--faint);font-size:.76rem;letter-spacing:.07em;text-transform:uppercase;border:0}
.key{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;font-size:.84rem;color:var(--soft);margin:.6rem 0 0}
.key i{display:inline-block;width:1em;height:1em;border-radius:3px;vertical-align:-.12em;margin-right:.35em}
fieldset{border:0;margin:1rem 0 0;padding:0;display:flex;flex-wrap:wrap;gap:.45rem}
legend{float:left;font-size:.9rem;color:var(--soft);padding:.28rem .4rem .28rem 0}
.chip{display:inline-flex;align-items:center;gap:.4rem;border:1px solid var(--rule);background:var(--card);border-radius:99px;
padding:.22rem .7rem;font-size:.86rem;cursor:pointer}
.chip input{accent-color:var(--c);margin:0}
.chip small{color:var(--faint)}
footer{max-width:76rem;margin:3.5rem auto 0;padding:1.2rem 1.25rem 3rem;border-top:1px solid var(--rule);color:var(--soft);font-size:.92rem}
@media (max-width:30rem){main,.top{padding-left:.8rem;padding-right:.8rem}.card{padding:.85rem .8rem}h2{margin-top:2.4rem}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.35rem}}
@media print{nav,fieldset{display:none}.card{break-inside:avoid}}
)css";

}  // namespace

std::string page_style(std::size_t peers) {
  std::string style = sheet;
  // Hues by the golden angle: neighbours in the list are far apart. The first one has the accent colour, and its
  // surroundings are left out.
  constexpr double accent_hue = 264;
  constexpr double left_out = 35;
  style += ".p0{--c:var(--accent)}\n";
  for (std::size_t i = 1; i < peers; ++i) {
    const double turn = static_cast<double>(i) * 0.618034;
    const double hue =
        accent_hue + left_out + (turn - static_cast<double>(static_cast<long>(turn))) * (360 - 2 * left_out);
    style += fmt::format(".p{}{{--c:oklch(var(--peer-l) var(--peer-c) {:.0f})}}\n", i, hue >= 360 ? hue - 360 : hue);
  }
  style += ".reference{--c:var(--grey)}\n";
  for (std::size_t i = 0; i < peers; ++i) {
    style += fmt::format("body:has(#show-{0}:not(:checked)) svg .p{0}{{opacity:.07}}", i);
    style += fmt::format("body:has(#show-{0}:not(:checked)) tr.p{0}{{display:none}}\n", i);
  }
  return style;
}

}  // namespace bench
