// What the page says, in English and Chinese; the words are those of CONTEXT.md.
const WORDS = {
  en: {
    title: "Peitu gallery", search: "Search prompts, titles and runs", searchHint: "Search prompts, titles, runs",
    wall: "Show the pictures without their runs", theme: "Light or dark", language: "切换到中文", languageShort: "中",
    filters: "Filters", status: "Status", provider: "Provider", style: "Style", run: "Run", sort: "Order",
    anyStatus: "All", anyProvider: "All providers", anyStyle: "All styles", anyRun: "All runs", noStyle: "default style",
    newest: "Newest first", oldest: "Oldest first", clear: "Clear filters",
    saved: "Saved", failed: "Failed", unknown: "Held", waiting: "Not made yet", missing: "File missing",
    sketch: "offline sketch", failedWhy: "This picture failed", unknownWhy: "Held for you: it may already have been billed",
    waitingWhy: "This picture is planned but not made yet", savedWhy: "Saved, with a problem",
    missingWhy: "The file is not where it was", movedWhy: "This is a small copy: the file is not where it was",
    continueWith: "Continue with", sendAgain: "Re-send it (you may pay twice)", previous: "Previous picture", next: "Next picture", close: "Close",
    prompt: "Prompt", model: "Model", seed: "Seed", size: "Size", duration: "Duration", attempts: "Attempts",
    made: "Made", heading: "Heading", link: "Link", file: "File", again: "Make this picture again", segment: "Segment",
    copy: "Copy", copied: "Copied", copyPrompt: "Copy the prompt", copyPath: "Copy the path", copyCommand: "Copy the command",
    copyLink: "Copy the link", versions: "Versions", version: (number) => `Version ${number}`, batch: "Batch", seconds: (value) => `${value} s`, runningNow: "running, or interrupted",
    pictures: (count) => (count === 1 ? "1 picture" : `${count.toLocaleString("en")} pictures`),
    runs: (count) => (count === 1 ? "1 run" : `${count.toLocaleString("en")} runs`),
    batches: (count) => (count === 1 ? "1 batch" : `${count.toLocaleString("en")} batches`),
    lacking: (count, all) => `${all - count} of ${all} missing`,
    emptyTitle: "No pictures yet", emptyText: "Every run of Peitu appears here. Make the first one, then build the gallery again:",
    noneTitle: "Nothing matches", noneText: "No picture has all of this. Try fewer words or another filter.",
  },
  zh: {
    title: "配图画廊", search: "搜索提示词、标题和配图编号", searchHint: "搜索提示词、标题、编号",
    wall: "只看图片，不分组", theme: "浅色或深色", language: "Switch to English", languageShort: "EN",
    filters: "筛选", status: "状态", provider: "服务商", style: "风格", run: "配图", sort: "排序",
    anyStatus: "全部", anyProvider: "全部服务商", anyStyle: "全部风格", anyRun: "全部配图", noStyle: "默认风格",
    newest: "最新在前", oldest: "最早在前", clear: "清除筛选",
    saved: "已保存", failed: "失败", unknown: "搁置", waiting: "尚未生成", missing: "文件缺失",
    sketch: "线稿", failedWhy: "这张图片失败了", unknownWhy: "已搁置，等您决定：可能已经计费",
    waitingWhy: "这张图片已计划，尚未生成", savedWhy: "已保存，但有问题",
    missingWhy: "文件不在原处", movedWhy: "这是缩略图：原文件不在原处",
    continueWith: "继续", sendAgain: "重发（可能会付两次）", previous: "上一张", next: "下一张", close: "关闭",
    prompt: "提示词", model: "模型", seed: "种子", size: "尺寸", duration: "用时", attempts: "尝试次数",
    made: "生成于", heading: "小标题", link: "链接", file: "文件", again: "重新生成这一张", segment: "分镜",
    copy: "复制", copied: "已复制", copyPrompt: "复制提示词", copyPath: "复制路径", copyCommand: "复制命令",
    copyLink: "复制链接", versions: "版本", version: (number) => `第 ${number} 版`, batch: "批次", seconds: (value) => `${value} 秒`, runningNow: "正在进行，或已中断",
    pictures: (count) => `${count.toLocaleString("zh")} 张图片`,
    runs: (count) => `${count.toLocaleString("zh")} 次配图`,
    batches: (count) => `${count.toLocaleString("zh")} 个批次`,
    lacking: (count, all) => `${all} 张中缺 ${all - count} 张`,
    emptyTitle: "还没有图片", emptyText: "每次配图都会出现在这里。先做第一次，再重新生成画廊：",
    noneTitle: "没有符合的图片", noneText: "没有图片同时满足这些条件。请减少关键词，或换一个筛选条件。",
  },
};

const remembered = {
  get(name) { try { return localStorage.getItem(`peitu-${name}`); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(`peitu-${name}`, value); } catch { /* a private window forgets */ } },
};

let language = remembered.get("language") || (/^zh\b/i.test(navigator.language) ? "zh" : "en");
const word = (name) => WORDS[language][name];
const statusWord = (entry) => word(absent(entry) ? "missing" : entry.status);
const PROVIDERS = { modelscope: "ModelScope", dashscope: "DashScope" };
const providerWord = (name) => (name === "sketch" ? word("sketch") : PROVIDERS[name] || name);
const CLOCKS = Object.fromEntries(Object.keys(WORDS).map((name) => [name, new Intl.DateTimeFormat(name, { dateStyle: "medium", timeStyle: "short" })]));
const when = (iso) => (iso ? CLOCKS[language].format(new Date(iso)) : "");
// Chinese text is marked as such, so that a browser in another language takes Chinese shapes and not Japanese ones.
const tongue = (text) => (/[\u3400-\u9fff]/.test(text) ? "zh-Hans" : "en");

// Makes an element. Texts become text nodes and never HTML: a prompt may say anything.
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("aria-") || key === "role" || key === "lang") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}
